# DEKR, MMPose's bottom-up model, small, on rendered clips (those of
# docs/benchmark.md: 600 labeled frames).
# Sizes are package defaults.
_base_ = [
    '../../../configs/_base_/datasets/synthetic_image.py',
    '../../../configs/_base_/pipelines/bottomup_256x160.py',
    '../../../configs/_base_/schedules/adamw_4e_from-scratch.py',
    '../../../configs/_base_/models/hrnet-tiny.py',
]

custom_imports = dict(imports=['mmpose_video'], allow_failed_imports=False)

train_cfg = dict(max_epochs=8, val_interval=8)
param_scheduler = [
    dict(step, T_max=8) if step.type == 'CosineAnnealingLR' else step
    for step in _base_.param_scheduler
]

codec = dict(
    type='SPR',
    input_size=_base_.input_size,
    heatmap_size=(64, 40),
    sigma=(2, 1),
    minimal_diagonal_length=4.,
    generate_keypoint_heatmaps=True)

model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor'),
    backbone=dict(extra=dict(stage4=dict(multiscale_output=True))),
    neck=dict(type='FeatureMapProcessor', concat=True),
    head=dict(
        _delete_=True,
        type='DEKRHead',
        in_channels=16 + 32 + 64 + 128,
        num_keypoints=17,
        num_heatmap_filters=32,
        num_displacement_filters_per_keypoint=4,
        heatmap_loss=dict(type='KeypointMSELoss', use_target_weight=True),
        displacement_loss=dict(
            type='SoftWeightSmoothL1Loss',
            use_target_weight=True,
            supervise_empty=False,
            beta=1 / 9,
            loss_weight=0.002),
        decoder=codec),
    test_cfg=dict(flip_test=False, nms_dist_thr=0.05))

train_pipeline = [
    dict(step, encoder=codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(score_mode='keypoint')
test_evaluator = val_evaluator
