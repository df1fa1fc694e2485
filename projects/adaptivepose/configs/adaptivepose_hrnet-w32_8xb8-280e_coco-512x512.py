# AdaptivePose as published: Adam 2.5e-4, to 1/10 at epochs 230 and 260.
_base_ = 'mmpose::body_2d_keypoint/dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512.py'  # noqa: E501

custom_imports = dict(
    imports=['mmpose_video', 'projects.adaptivepose'],
    allow_failed_imports=False)

train_cfg = dict(max_epochs=280)
optim_wrapper = dict(optimizer=dict(lr=2.5e-4))
param_scheduler = [
    dict(type='MultiStepLR', milestones=[230, 260], gamma=0.1, by_epoch=True)
]
auto_scale_lr = dict(base_batch_size=64)
find_unused_parameters = False

label_codec = dict(
    type='AdaptivePoseLabel', input_size=(512, 512), heatmap_size=(128, 128))

model = dict(
    backbone=dict(extra=dict(stage4=dict(multiscale_output=False))),
    neck=None,
    head=dict(
        _delete_=True,
        type='AdaptivePoseHead',
        in_channels=32,
        num_keypoints=17,
        oks_loss=dict(
            type='OKSLoss', metainfo='configs/_base_/datasets/coco.py'),
        decoder=label_codec),
    test_cfg=dict(flip_test=True))

train_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=label_codec['input_size'],
        scale_factor=(0.6, 1.4),
        rotate_factor=30.,
        rotate_prob=0.5,
        shear_prob=0.),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='PhotometricDistortion'),
    dict(type='GenerateTarget', encoder=label_codec),
    dict(type='BottomupGetHeatmapMask'),
    dict(type='PackPoseInputs'),
]
train_dataloader = dict(batch_size=8, dataset=dict(pipeline=train_pipeline))
