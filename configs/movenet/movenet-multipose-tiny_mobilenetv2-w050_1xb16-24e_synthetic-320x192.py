# A small MoveNet MultiPose from random weights on rendered frames. No flip:
# the renderer paints left limbs lighter than right ones.
_base_ = [
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

data_mode = 'bottomup'
data_root = 'data/synthetic/hard/'
dataset = dict(
    type='PoseTrack18Dataset',
    data_root=data_root,
    data_mode=data_mode,
    data_prefix=dict(img=''))
train_dataloader = dict(
    batch_size=16,
    num_workers=1,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        ann_file='annotations/posetrack18_train.json',
        sample_interval=4,
        pipeline=train_pipeline,
        **dataset))
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        ann_file='annotations/posetrack18_val.json',
        test_mode=True,
        pipeline=val_pipeline,
        **dataset))
test_dataloader = val_dataloader

val_evaluator = dict(type='PoseTrackAP', bbox_score_thr=0.)
test_evaluator = val_evaluator
