# Rendered clips (those of docs/benchmark.md: 600 labeled frames).
_base_ = [
    '../../../configs/_base_/datasets/synthetic_image.py',
    '../../../configs/_base_/pipelines/bottomup_256x160.py',
    '../../../configs/_base_/schedules/adamw_4e_from-scratch.py',
    '../../../configs/_base_/models/hrnet-tiny.py',
]

custom_imports = dict(
    imports=['mmpose_video', 'projects.adaptivepose'],
    allow_failed_imports=False)

train_cfg = dict(max_epochs=8, val_interval=8)
param_scheduler = [
    dict(step, T_max=8) if step.type == 'CosineAnnealingLR' else step
    for step in _base_.param_scheduler
]

# the authors' advice where deformable convolutions are not stable
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(conv_offset=dict(lr_mult=0.1))))

codec = dict(
    type='AdaptivePoseLabel',
    input_size=_base_.input_size,
    heatmap_size=(64, 40))

model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor'),
    head=dict(
        _delete_=True,
        type='AdaptivePoseHead',
        in_channels=16,
        num_keypoints=17,
        feat_channels=64,
        part_channels=8,
        oks_loss=dict(
            type='OKSLoss',
            metainfo='configs/_base_/datasets/posetrack18.py'),
        decoder=codec),
    test_cfg=dict(flip_test=False))

train_pipeline = [
    dict(step, encoder=codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(score_mode='keypoint')
test_evaluator = val_evaluator
