# UDP with HRNet on CrowdPose, which MMPose lacks.
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/crowdpose/td-hm_hrnet-w32_8xb64-210e_crowdpose-256x192.py'  # noqa: E501

codec = dict(
    type='UDPHeatmap', input_size=(192, 256), heatmap_size=(48, 64), sigma=2)

model = dict(
    head=dict(decoder=codec), test_cfg=dict(shift_heatmap=False))

train_pipeline = [
    dict(step, **dict(
        TopdownAffine=dict(use_udp=True),
        GenerateTarget=dict(encoder=codec)).get(step.type, {}))
    for step in _base_.train_pipeline
]
val_pipeline = [
    dict(step, use_udp=True) if step.type == 'TopdownAffine' else step
    for step in _base_.val_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
