# A small Poseur on rendered clips.
_base_ = '../../../configs/single_image/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'  # noqa: E501

custom_imports = dict(
    imports=['mmpose_video', 'projects.poseur'], allow_failed_imports=False)

train_cfg = dict(max_epochs=8)
param_scheduler = [
    dict(step, T_max=8) if step.type == 'CosineAnnealingLR' else step
    for step in _base_.param_scheduler
]
optim_wrapper = dict(
    optimizer=dict(lr=1e-3),
    paramwise_cfg=dict(
        custom_keys=dict(sampling_offsets=dict(lr_mult=0.1))))

label_codec = dict(type='RegressionLabel', input_size=(64, 96))

model = dict(
    backbone=dict(extra=dict(stage4=dict(multiscale_output=True))),
    neck=dict(
        type='ChannelMapper',
        in_channels=[16, 32, 64, 128],
        kernel_size=1,
        out_channels=64,
        act_cfg=None,
        norm_cfg=dict(type='GN', num_groups=8),
        num_outs=4),
    head=dict(
        _delete_=True,
        type='PoseurHead',
        in_channels=64,
        num_joints=17,
        num_layers=3,
        layer_cfg=dict(num_heads=4, ffn_channels=128, dropout=0.),
        decoder=label_codec))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
