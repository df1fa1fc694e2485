# HRNet-W32 with random weights, for rendered clips on one GPU. No flip test:
# see pipelines/clip_96x64.py.
_base_ = './hrnet-w32.py'

model = dict(
    backbone=dict(init_cfg=None),
    test_cfg=dict(flip_test=False))
