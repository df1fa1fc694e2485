_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/res50.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/integral_regression/'
    'coco/ipr_res50_dsnt-8xb64-210e_coco-256x256-441eedc0_20220913.pth')

codec = _base_.codec
codec.update(input_size=(256, 256), heatmap_size=(64, 64))  # as in MMPose
label_codec = dict(
    type='IntegralRegressionLabel',
    input_size=codec.input_size,
    heatmap_size=codec.heatmap_size,
    sigma=2.,
    normalize=True)

model = dict(
    head=dict(
        type='DSNTHead',
        in_featuremap_size=(8, 8),
        num_joints=17,
        loss=dict(
            type='MultipleLossWrapper',
            losses=[
                dict(type='SmoothL1Loss', use_target_weight=True),
                dict(type='JSDiscretLoss', use_target_weight=True),
            ]),
        decoder=label_codec),
    test_cfg=dict(shift_coords=True, shift_heatmap=True))

train_pipeline = [
    dict(step, **dict(
        TopdownClipAffine=dict(input_size=codec.input_size),
        GenerateTarget=dict(encoder=label_codec)).get(step.type, {}))
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, input_size=codec.input_size)
    if step.type == 'TopdownClipAffine' else step
    for step in _base_.val_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
