_base_ = [
    '../_base_/datasets/synthetic_video.py',
    '../_base_/pipelines/clip_96x64.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/dcpose_hrnet-tiny.py',
]

# The next frame on either side, and no other: the published distance of 2 is
# exclusive.
clip_sampler = dict(offsets=(-1, 0, 1))

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    dataset=dict(pipeline=_base_.train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
