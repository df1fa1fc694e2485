# Recipe of MMPose's RTMPose for CrowdPose, 20 epochs long. Not taken over:
# blur and holes of the Albumentations package, which this stack does not have,
# and the milder augmentation of its last 30 epochs.
_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/rtmpose-m.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/v1/projects/rtmposev1/'
    'rtmpose-m_simcc-aic-coco_pt-aic-coco_420e-256x192-'
    '63eb25f7_20230126.pth')

label_codec = dict(
    type='SimCCLabel',
    input_size=_base_.codec.input_size,
    sigma=(4.9, 5.66),
    simcc_split_ratio=2.,
    normalize=False)

model = dict(head=dict(decoder=label_codec))

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=5e-4, weight_decay=0.05),
    paramwise_cfg=dict(
        norm_decay_mult=0., bias_decay_mult=0., bypass_duplicate=True))
param_scheduler = [
    dict(
        type='LinearLR',
        start_factor=1e-5,
        begin=0,
        end=1000,
        by_epoch=False),
    dict(
        type='CosineAnnealingLR',
        eta_min_ratio=0.05,
        begin=10,
        end=20,
        T_max=10,
        by_epoch=True,
        convert_to_iter_based=True),
]
custom_hooks = [
    dict(type='SyncBuffersHook'),
    dict(
        type='EMAHook',
        ema_type='ExpMomentumEMA',
        momentum=0.0002,
        update_buffers=True,
        priority=49),
]

train_pipeline = [
    dict(step, **dict(
        RandomBBoxTransform=dict(scale_factor=(0.6, 1.4), rotate_factor=80.),
        GenerateTarget=dict(encoder=label_codec)).get(step.type, {}))
    for step in _base_.train_pipeline
]
train_pipeline.insert(
    [step['type'] for step in train_pipeline].index('GenerateTarget'),
    dict(type='ClipConsistent', transform=dict(type='YOLOXHSVRandomAug')))

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
