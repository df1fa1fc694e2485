# DCPose's for PoseTrack2017: Adam 1e-3, 32 clips on each of two GPUs. The
# milestones of its configs are 4, 8, 12 and 16, but its code calls
# `scheduler.step(epoch)` after the epoch, so each drop comes one epoch later.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))

param_scheduler = [
    dict(
        type='MultiStepLR',
        milestones=[5, 9, 13, 17],
        gamma=0.1,
        by_epoch=True)
]

auto_scale_lr = dict(base_batch_size=64)
