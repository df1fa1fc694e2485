# Poseur as published: AdamW 1e-3, to 1/10 at epochs 255 and 310.
_base_ = '../../../configs/_base_/default_runtime.py'

custom_imports = dict(
    imports=['mmpose_video', 'projects.poseur'], allow_failed_imports=False)

train_cfg = dict(by_epoch=True, max_epochs=325, val_interval=10)
optim_wrapper = dict(
    type='AmpOptimWrapper',
    dtype='float16',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4),
    paramwise_cfg=dict(
        custom_keys={'sampling_offsets': dict(lr_mult=0.1)}))
param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.001, begin=0, end=500,
        by_epoch=False),
    dict(type='MultiStepLR', milestones=[255, 310], gamma=0.1, by_epoch=True),
]
auto_scale_lr = dict(base_batch_size=256)

codec = dict(type='RegressionLabel', input_size=(192, 256))

model = dict(
    type='TopdownVideoPoseEstimator',
    data_preprocessor=dict(
        type='ClipDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(
        type='ResNet',
        depth=50,
        out_indices=(0, 1, 2, 3),
        norm_cfg=dict(type='SyncBN'),
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    neck=dict(
        type='ChannelMapper',
        in_channels=[256, 512, 1024, 2048],
        kernel_size=1,
        out_channels=256,
        act_cfg=None,
        norm_cfg=dict(type='GN', num_groups=32),
        num_outs=4),
    head=dict(
        type='PoseurHead', in_channels=256, num_joints=17, decoder=codec),
    test_cfg=dict(flip_test=True))

train_pipeline = [
    dict(type='LoadClip', broken_key='skip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomHalfBody'),
    dict(type='RandomBBoxTransform', rotate_factor=80.),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackClipInputs'),
]
val_pipeline = [
    dict(type='LoadClip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='PackClipInputs'),
]

data_root = 'data/coco/'
train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='CocoDataset',
        data_root=data_root,
        data_mode='topdown',
        ann_file='annotations/person_keypoints_train2017.json',
        data_prefix=dict(img='train2017/'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='CocoDataset',
        data_root=data_root,
        data_mode='topdown',
        ann_file='annotations/person_keypoints_val2017.json',
        bbox_file='data/coco/person_detection_results/'
        'COCO_val2017_detections_AP_H_56_person.json',
        data_prefix=dict(img='val2017/'),
        test_mode=True,
        pipeline=val_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(
    type='CocoMetric',
    ann_file=data_root + 'annotations/person_keypoints_val2017.json',
    score_mode='bbox_rle')
test_evaluator = val_evaluator

default_hooks = dict(
    checkpoint=dict(save_best='coco/AP', rule='greater', interval=10))
