_base_ = [
    '../_base_/datasets/synthetic_video_1xb32.py',
    '../_base_/pipelines/clip_256x192_rendered.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/glsmamba_hrnet-w32.py',
]

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
