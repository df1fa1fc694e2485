# DCPose's for PoseTrack2018: a lower learning rate, practically constant.
_base_ = './adam_20e_dcpose.py'

optim_wrapper = dict(optimizer=dict(lr=1e-4))
param_scheduler = [
    dict(
        type='MultiStepLR',
        milestones=[5, 9, 13, 17],
        gamma=0.99,
        by_epoch=True)
]
