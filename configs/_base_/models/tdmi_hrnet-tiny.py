# TDMI over the small HRNet, for tests and rendered clips on a laptop. Trained
# from random weights as a whole.
_base_ = './hrnet-tiny.py'

model = dict(
    backbone=dict(type='HRNetStages'),
    neck=dict(
        type='TDMINeck',
        in_channels=(16, 16, 16, 16),
        channels=16,
        offset_groups=4,
        mask_channels=32,
        # terms and weights: package defaults, see TDMINeck.sound_objective
        mi=dict(mode='bounds', warmup_iters=200)))
