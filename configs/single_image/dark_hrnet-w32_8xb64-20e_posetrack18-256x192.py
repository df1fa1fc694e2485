_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/hrnet-w32.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/topdown_heatmap/'
    'coco/td-hm_hrnet-w32_dark-8xb64-210e_coco-256x192-'
    '0e00bf12_20220914.pth')

codec = _base_.codec
codec.update(unbiased=True)

model = dict(
    backbone=dict(init_cfg=None),  # `load_from` has the backbone, too
    head=dict(decoder=codec))

train_pipeline = [
    dict(step, encoder=codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
