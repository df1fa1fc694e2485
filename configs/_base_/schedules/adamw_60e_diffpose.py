# 60 epochs, as a later paper says of DiffPose (DiffusionPose, AAAI 2026). No
# source has its optimizer, learning rate or batch size: package defaults.
_base_ = './adamw_20e.py'

train_cfg = dict(max_epochs=60, val_interval=2)

optim_wrapper = dict(
    optimizer=dict(lr=5e-4), clip_grad=dict(max_norm=1., norm_type=2))

param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.001, begin=0, end=500,
        by_epoch=False),
    dict(type='MultiStepLR', milestones=[40, 55], gamma=0.1, by_epoch=True),
]
