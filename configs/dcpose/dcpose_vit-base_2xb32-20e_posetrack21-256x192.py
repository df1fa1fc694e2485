# No schedule is published for PoseTrack21: that of PoseTrack18.
_base_ = [
    '../_base_/datasets/posetrack21_video.py',
    '../_base_/pipelines/clip_256x192.py',
    '../_base_/schedules/adam_20e_dcpose-posetrack18.py',
    '../_base_/models/dcpose_vit-base.py',
]

# The next frame on either side, and no other: the published distance of 2 is
# exclusive.
clip_sampler = dict(offsets=(-1, 0, 1))

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    batch_size=32,
    dataset=dict(pipeline=_base_.train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
