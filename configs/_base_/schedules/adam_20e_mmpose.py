# MMPose's for PoseTrack18: Adam 5e-4 for 8 x 64 images, 500 iterations of
# warm-up, a tenth after epochs 10 and 15.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=5e-4))

param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.001, begin=0, end=500,
        by_epoch=False),
    dict(
        type='MultiStepLR',
        begin=0,
        end=20,
        milestones=[10, 15],
        gamma=0.1,
        by_epoch=True),
]

auto_scale_lr = dict(base_batch_size=512)
