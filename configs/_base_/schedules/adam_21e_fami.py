# FAMI-Pose's for PoseTrack2017: Adam 1e-3, times 0.99 after epochs 10 and 15
# (as its code has it: practically constant), 48 clips on one GPU.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=21, val_interval=1)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))

param_scheduler = [
    dict(type='MultiStepLR', milestones=[10, 15], gamma=0.99, by_epoch=True)
]

auto_scale_lr = dict(base_batch_size=48)
