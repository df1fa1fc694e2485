# DSTA over the small HRNet, for tests and rendered clips on a laptop. The
# average over space of 16 channels would say nothing about places, so the
# features keep 8 x 12 cells: package default, not the paper's.
_base_ = './hrnet-tiny.py'

model = dict(
    neck=dict(
        type='DSTANeck', in_channels=16, num_frames=3, pool_size=(8, 12)),
    head=dict(
        _delete_=True,
        type='TokenRLEHead',
        in_channels=32,
        num_joints=17,
        loss=dict(type='DSTALoss', use_target_weight=True)))
