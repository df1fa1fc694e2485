# PoseWarper's second stage in MMPose: Adam 1e-4, a tenth of it after epochs 10
# and 15, 8 clips on each of eight GPUs.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-4))

param_scheduler = [
    dict(type='MultiStepLR', milestones=[10, 15], gamma=0.1, by_epoch=True)
]

auto_scale_lr = dict(base_batch_size=64)
