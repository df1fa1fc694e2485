# The published network, at the larger input.
_base_ = './posefix_res50_8xb16-140e_coco-256x192.py'

codec = dict(input_size=(288, 384), heatmap_size=(72, 96))

model = dict(
    sigma=9.,
    backbone=dict(
        depth=152,
        init_cfg=dict(
            type='Pretrained', checkpoint='torchvision://resnet152')),
    head=dict(in_featuremap_size=(9, 12), decoder=codec))

train_pipeline = [
    dict(step, **dict(
        TopdownClipAffine=dict(input_size=codec['input_size']),
        GenerateTarget=dict(encoder=dict(type='OneHotHeatmap', **codec))
    ).get(step.type, {}))
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, input_size=codec['input_size'])
    if step.type == 'TopdownClipAffine' else step
    for step in _base_.val_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
