_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/hrnet-w32.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/topdown_heatmap/'
    'coco/td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192-'
    '73ede547_20220914.pth')

codec = _base_.codec
codec.update(type='UDPHeatmap')

model = dict(
    backbone=dict(init_cfg=None),  # `load_from` has the backbone, too
    head=dict(decoder=codec),
    test_cfg=dict(shift_heatmap=False))

train_pipeline = [
    dict(step, **dict(
        TopdownClipAffine=dict(use_udp=True),
        GenerateTarget=dict(encoder=codec)).get(step.type, {}))
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, use_udp=True) if step.type == 'TopdownClipAffine' else step
    for step in _base_.val_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
