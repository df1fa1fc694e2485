_base_ = [
    '../../../configs/_base_/datasets/synthetic_video.py',
    '../../../configs/_base_/pipelines/clip_96x64.py',
    '../../../configs/_base_/schedules/adamw_4e_from-scratch.py',
    '../../../configs/_base_/models/hrnet-tiny.py',
]

custom_imports = dict(
    imports=['mmpose_video', 'projects.similarity.similarity_neck'],
    allow_failed_imports=False)

model = dict(
    neck=dict(type='SimilarityNeck', in_channels=16),
    head=dict(decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
