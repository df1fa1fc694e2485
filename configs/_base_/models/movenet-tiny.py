# MoveNet of half the width for rendered clips on a laptop, from random
# weights. All sizes are package defaults.
_base_ = './movenet-lightning.py'

model = dict(
    backbone=dict(
        widen_factor=0.5,
        last_channels=320,
        norm_cfg=dict(type='BN', _delete_=True)),
    neck=dict(
        in_channels=(16, 16, 32, 320),
        norm_cfg=dict(type='BN', _delete_=True)))
