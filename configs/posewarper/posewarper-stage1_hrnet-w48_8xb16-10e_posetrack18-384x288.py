# The first stage: a single-frame HRNet-W48 from COCO's weights.
_base_ = [
    '../_base_/datasets/posetrack18_video.py',
    '../_base_/pipelines/clip_384x288.py',
    '../_base_/schedules/adam_10e_posewarper-stage1.py',
    '../_base_/models/hrnet-w48.py',
]

clip_sampler = dict(offsets=(0, ))

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    dataset=dict(pipeline=_base_.train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
