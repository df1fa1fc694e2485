# A small YOLOX-Pose for rendered clips (those of docs/benchmark.md: 600
# labeled frames), with mild augmentation. No flip: the renderer paints left
# limbs lighter than right ones.
_base_ = [
    '../../../configs/_base_/datasets/synthetic_image.py',
    '../../../configs/_base_/schedules/adamw_4e_from-scratch.py',
]

custom_imports = dict(
    imports=['mmpose_video', 'projects.yolopose'], allow_failed_imports=False)

train_cfg = dict(max_epochs=8, val_interval=8)
param_scheduler = [
    dict(step, T_max=8) if step.type == 'CosineAnnealingLR' else step
    for step in _base_.param_scheduler
]

input_size = (256, 160)
codec = dict(type='YOLOXPoseAnnotationProcessor', input_size=input_size)
norm_cfg = dict(type='BN', momentum=0.03, eps=0.001)
act_cfg = dict(type='Swish')

model = dict(
    type='BottomupPoseEstimator',
    init_cfg=dict(
        type='Kaiming',
        layer='Conv2d',
        a=2.23606797749979,
        distribution='uniform',
        mode='fan_in',
        nonlinearity='leaky_relu'),
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375]),
    backbone=dict(
        type='CSPDarknet',
        deepen_factor=0.33,
        widen_factor=0.25,
        out_indices=(2, 3, 4),
        norm_cfg=norm_cfg,
        act_cfg=act_cfg),
    neck=dict(
        type='YOLOXPAFPN',
        in_channels=[64, 128, 256],
        out_channels=64,
        num_csp_blocks=1,
        norm_cfg=norm_cfg,
        act_cfg=act_cfg),
    head=dict(
        type='YOLOPoseHead',
        num_keypoints=17,
        head_module_cfg=dict(
            num_classes=1,
            in_channels=256,
            feat_channels=256,
            widen_factor=0.25,
            stacked_convs=2,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg),
        prior_generator=dict(
            type='MlvlPointGenerator', offset=0, strides=[8, 16, 32]),
        assigner=dict(type='SimOTAAssigner', dynamic_k_indicator='oks'),
        overlaps_power=0.5,
        loss_cls=dict(type='BCELoss', reduction='sum'),
        loss_bbox=dict(
            type='IoULoss', mode='square', reduction='sum', loss_weight=5.),
        loss_obj=dict(
            type='BCELoss', use_target_weight=True, reduction='sum'),
        loss_oks=dict(
            type='OKSLoss',
            reduction='none',
            metainfo='configs/_base_/datasets/posetrack18.py',
            norm_target_weight=True,
            loss_weight=30.),
        loss_vis=dict(type='BCELoss', use_target_weight=True),
        # From random weights joints lie too far away for the similarity to
        # have a gradient; the L1 distances lead them there. MMPose has that
        # of the boxes in its last 20 epochs. The head divides the keypoints'
        # by their number once more.
        use_aux_loss=True,
        loss_bbox_aux=dict(type='L1Loss', reduction='sum'),
        loss_kpt_aux=dict(
            type='L1Loss', use_target_weight=True, loss_weight=2. * 17)),
    test_cfg=dict(score_thr=0.01, nms_thr=0.65))

train_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        shift_factor=0.1,
        scale_factor=(0.8, 1.2),
        rotate_factor=10,
        shear_prob=0.,
        bbox_keep_corner=False,
        clip_border=True),
    dict(type='FilterAnnotations', by_kpt=True, by_box=True, keep_empty=False),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs'),
]
val_pipeline = [
    dict(type='LoadImage'),
    dict(type='BottomupResize', input_size=input_size),
    dict(type='PackPoseInputs'),
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
