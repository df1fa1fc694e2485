_base_ = [
    '../_base_/datasets/synthetic_video_1xb32.py',
    '../_base_/pipelines/clip_256x192_rendered.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/dcpose_hrnet-w32.py',
]

clip_sampler = dict(offsets=(-1, 0, 1))

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    dataset=dict(pipeline=_base_.train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
