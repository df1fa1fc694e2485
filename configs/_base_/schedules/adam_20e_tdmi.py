# TDMI's, from the authors' review upload: Adam 1e-3, a tenth of it after
# epochs 6, 12 and 18, 24 clips on one GPU.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3))

param_scheduler = [
    dict(
        type='MultiStepLR', milestones=[6, 12, 18], gamma=0.1, by_epoch=True)
]

auto_scale_lr = dict(base_batch_size=24)
