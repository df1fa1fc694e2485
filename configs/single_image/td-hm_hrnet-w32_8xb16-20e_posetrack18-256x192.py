_base_ = [
    '../_base_/datasets/posetrack18_video.py',
    '../_base_/pipelines/clip_256x192.py',
    '../_base_/schedules/adamw_20e.py',
    '../_base_/models/hrnet-w32.py',
]

clip_sampler = dict(type='FixedOffsets', offsets=(0, ), _delete_=True)

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    dataset=dict(pipeline=_base_.train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
