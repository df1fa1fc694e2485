# A small MoveNet MultiPose from random weights on rendered frames. No flip:
# the renderer paints left limbs lighter than right ones.
_base_ = [
    '../_base_/datasets/synthetic_image.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/movenet-multipose-tiny.py',
]

train_cfg = dict(max_epochs=24, val_interval=8)
param_scheduler = [
    dict(step, T_max=24) if step.type == 'CosineAnnealingLR' else step
    for step in _base_.param_scheduler
]

codec = dict(
    type='MoveNetMultiPoseLabel',
    input_size=(320, 192),
    heatmap_size=(80, 48),
    sigma=1.,
    max_people=20)

model = dict(head=dict(decoder=codec))

train_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=codec['input_size'],
        shift_factor=0.1,
        scale_factor=(0.8, 1.2),
        rotate_factor=10,
        shear_prob=0.,
        bbox_keep_corner=False,
        clip_border=True),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupGetHeatmapMask'),
    dict(type='PackPoseInputs'),
]
val_pipeline = [
    dict(type='LoadImage'),
    dict(type='BottomupResize', input_size=codec['input_size']),
    dict(type='PackPoseInputs'),
]

train_dataloader = dict(
    batch_size=16, dataset=dict(sample_interval=4, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
