_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/res50.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/simcc/coco/'
    'simcc_res50_8xb64-210e_coco-256x192-8e0f5b59_20220919.pth')

label_codec = dict(
    type='SimCCLabel',
    input_size=_base_.codec.input_size,
    sigma=6.,
    simcc_split_ratio=2.)

model = dict(
    head=dict(
        type='SimCCHead',
        out_channels=17,
        input_size=label_codec['input_size'],
        in_featuremap_size=(6, 8),
        simcc_split_ratio=label_codec['simcc_split_ratio'],
        loss=dict(type='KLDiscretLoss', use_target_weight=True),
        decoder=label_codec))

optim_wrapper = dict(optimizer=dict(lr=1e-3))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
