# The larger network and input.
_base_ = './adaptivepose_hrnet-w32_8xb8-280e_coco-512x512.py'

label_codec = dict(
    type='AdaptivePoseLabel', input_size=(640, 640), heatmap_size=(160, 160))

model = dict(
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(48, 96)),
            stage3=dict(num_channels=(48, 96, 192)),
            stage4=dict(num_channels=(48, 96, 192, 384))),
        init_cfg=dict(
            checkpoint='https://download.openmmlab.com/mmpose/'
            'pretrain_models/hrnet_w48-8ef0771d.pth')),
    head=dict(in_channels=48, decoder=label_codec))

train_pipeline = [
    dict(step, **dict(
        BottomupRandomAffine=dict(input_size=label_codec['input_size']),
        GenerateTarget=dict(encoder=label_codec)).get(step.type, {}))
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, input_size=label_codec['input_size'])
    if step.type == 'BottomupResize' else step
    for step in _base_.val_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
