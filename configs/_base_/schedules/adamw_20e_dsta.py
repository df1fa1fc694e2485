# DSTA's: AdamW 5e-5, a tenth of it after epochs 10 and 15, weight decay 0.01,
# 32 clips on one GPU.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=5e-5, weight_decay=0.01))

param_scheduler = [
    dict(type='MultiStepLR', milestones=[10, 15], gamma=0.1, by_epoch=True)
]

auto_scale_lr = dict(base_batch_size=32)
