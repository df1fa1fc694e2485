# MoveNet Thunder: Lightning with a wider backbone and a larger input.
_base_ = './movenet-lightning.py'

model = dict(
    backbone=dict(widen_factor=1.75),
    neck=dict(in_channels=(40, 56, 112, 1280)))
