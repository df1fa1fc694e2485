_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/res50.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/topdown_regression/'
    'coco/td-reg_res50_rle-pretrained-8xb64-210e_coco-256x192-'
    '2cb494ee_20220913.pth')

label_codec = dict(type='RegressionLabel', input_size=_base_.codec.input_size)

model = dict(
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='RLEHead',
        num_joints=17,
        # `fc` alone: MMPose's settings would draw the flow anew as well
        init_cfg=dict(
            type='Normal',
            override=dict(type='Normal', name='fc', std=0.01, bias=0)),
        loss=dict(type='RLELoss', use_target_weight=True),
        decoder=label_codec),
    test_cfg=dict(shift_coords=True))

optim_wrapper = dict(optimizer=dict(lr=1e-3))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
