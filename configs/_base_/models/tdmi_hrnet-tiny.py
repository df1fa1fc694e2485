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
        mi=dict(
            mode='bounds',
            # weights: package default, not the paper's
            loss_weight=1e-4,
            warmup_iters=200,
            terms=[
                dict(x='useful', y='noisy', goal='min', weight=0.1),
                dict(x='useful', y='target', goal='max', weight=1.),
            ])))
