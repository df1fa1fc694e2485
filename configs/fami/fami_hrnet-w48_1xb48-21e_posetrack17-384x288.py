_base_ = [
    '../_base_/datasets/posetrack17_video.py',
    '../_base_/pipelines/clip_384x288.py',
    '../_base_/schedules/adam_21e_fami.py',
    '../_base_/models/fami_hrnet-w48.py',
]

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    batch_size=48, dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
