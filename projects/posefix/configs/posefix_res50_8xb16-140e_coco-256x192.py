# PoseFix as published: Adam 5e-4, to 1/10 at epochs 90 and 120.
_base_ = '../../../configs/_base_/default_runtime.py'

custom_imports = dict(
    imports=['mmpose_video', 'projects.posefix'], allow_failed_imports=False)

# results of any model on val2017, as CocoMetric writes them; and of one on
# train2017 with ground-truth boxes, for keypoints without labels
input_pose = 'data/coco/input_pose/val2017.keypoints.json'
estimates = None

train_cfg = dict(by_epoch=True, max_epochs=140, val_interval=10)
optim_wrapper = dict(
    optimizer=dict(type='Adam', lr=5e-4, weight_decay=1e-5))
param_scheduler = dict(
    type='MultiStepLR', milestones=[90, 120], gamma=0.1, by_epoch=True)
auto_scale_lr = dict(base_batch_size=128)

codec = dict(
    type='OneHotHeatmap', input_size=(192, 256), heatmap_size=(48, 64))

model = dict(
    type='PoseFixEstimator',
    sigma=7.,
    data_preprocessor=dict(
        type='ClipDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(
        type='ResNet',
        depth=50,
        in_channels=3 + 17,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet50')),
    head=dict(
        type='PoseFixHead',
        in_channels=2048,
        in_featuremap_size=(6, 8),
        num_joints=17,
        init_cfg=[
            dict(type='Normal', layer=['Conv2d', 'ConvTranspose2d'], std=0.01),
            dict(type='Constant', layer='BatchNorm2d', val=1),
        ],
        decoder=codec),
    test_cfg=dict(flip_test=True))

train_pipeline = [
    dict(type='LoadClip', broken_key='skip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', direction='horizontal'),
    dict(
        type='RandomBBoxTransform',
        shift_prob=0.,
        scale_factor=(0.7, 1.3),
        rotate_factor=80.,
        rotate_prob=0.6),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='SynthesizePose'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseFixInputs'),
]
val_pipeline = [
    dict(type='LoadClip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='TakeInputPose'),
    dict(type='PackPoseFixInputs'),
]

data_root = 'data/coco/'
train_dataloader = dict(
    batch_size=16,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='PoseFixCocoDataset',
        data_root=data_root,
        data_mode='topdown',
        ann_file='annotations/person_keypoints_train2017.json',
        data_prefix=dict(img='train2017/'),
        estimates=estimates,
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        type='PoseFixCocoDataset',
        data_root=data_root,
        data_mode='topdown',
        ann_file='annotations/person_keypoints_val2017.json',
        data_prefix=dict(img='val2017/'),
        input_pose=input_pose,
        test_mode=True,
        pipeline=val_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(
    type='CocoMetric',
    ann_file=data_root + 'annotations/person_keypoints_val2017.json',
    score_mode='bbox',
    nms_mode='oks_nms',
    nms_thr=0.9)
test_evaluator = val_evaluator

default_hooks = dict(
    checkpoint=dict(save_best='coco/AP', rule='greater', interval=10))
