_base_ = [
    '../_base_/datasets/posetrack21_video.py',
    '../_base_/pipelines/clip_256x192.py',
    '../_base_/schedules/adamw_20e.py',
    '../_base_/models/tdmi_vit-base.py',
]

model = dict(head=dict(decoder=_base_.codec))

# 48 clips per step in the authors' notes; optimizer and schedule are not known
train_dataloader = dict(
    batch_size=12, dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

auto_scale_lr = dict(base_batch_size=48)
