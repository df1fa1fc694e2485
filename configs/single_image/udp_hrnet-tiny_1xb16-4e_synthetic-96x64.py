# UDP: sizes counted in distances between pixels, not in pixels.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

codec = _base_.codec
# MMPose's rule: a blur of 3 for sigma 1
codec.update(type='UDPHeatmap', blur_kernel_size=3)

model = dict(head=dict(decoder=codec))

train_pipeline = [
    dict(step, **dict(
        TopdownClipAffine=dict(use_udp=True),
        GenerateTarget=dict(encoder=codec)).get(step.type, {}))
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, use_udp=True) if step.type == 'TopdownClipAffine' else step
    for step in _base_.val_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
