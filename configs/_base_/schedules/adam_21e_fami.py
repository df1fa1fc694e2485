# FAMI-Pose's for PoseTrack2017: Adam 1e-3, a tenth of it after 8, 12 and 16
# epochs, 48 clips on one GPU. (Its configs also have MILESTONES and GAMMA,
# which its code does not read.)
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=21, val_interval=1)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))

param_scheduler = [
    dict(
        type='MultiStepLR', milestones=[8, 12, 16], gamma=0.1, by_epoch=True)
]

auto_scale_lr = dict(base_batch_size=48)
