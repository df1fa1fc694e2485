# MoveNet MultiPose as published, and its fine-tuning on whole images.
_base_ = [
    '../_base_/datasets/coco_image.py',
    '../_base_/schedules/adam_50e_movenet.py',
    '../_base_/models/movenet-multipose.py',
]

codec = dict(
    type='MoveNetMultiPoseLabel',
    input_size=(256, 256),
    heatmap_size=(64, 64),
    # 0.3, 0.127 and 1e-6 as the float16 of the published graph
    variance=0.300048828125,
    score_thr=0.126953125,
    peak_tolerance=1.0132789611816406e-06)

model = dict(head=dict(decoder=codec))

train_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=codec['input_size'],
        bbox_keep_corner=False),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='BottomupGetHeatmapMask'),
    dict(type='PackPoseInputs'),
]
val_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupResize',
        input_size=codec['input_size'],
        size_factor=32,
        resize_mode='expand'),
    dict(
        type='PackPoseInputs',
        meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape',
                   'input_size', 'input_center', 'input_scale', 'flip',
                   'flip_direction', 'flip_indices', 'skeleton_links')),
]

data_mode = 'bottomup'
train_dataloader = dict(
    dataset=dict(data_mode=data_mode, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1, dataset=dict(data_mode=data_mode, pipeline=val_pipeline))
test_dataloader = val_dataloader

val_evaluator = dict(score_mode='bbox', nms_mode='none')
test_evaluator = val_evaluator

default_hooks = dict(checkpoint=dict(save_best='coco/AP'))
