# For the small models on rendered clips, which start from random weights:
# package defaults, of no paper.
_base_ = './adamw_20e.py'

train_cfg = dict(max_epochs=4, val_interval=1)
optim_wrapper = dict(
    optimizer=dict(lr=2e-3), clip_grad=dict(max_norm=1., norm_type=2))
param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.01, begin=0, end=50, by_epoch=False),
    dict(
        type='CosineAnnealingLR',
        T_max=4,
        eta_min_ratio=0.01,
        by_epoch=True,
        convert_to_iter_based=True),
]
