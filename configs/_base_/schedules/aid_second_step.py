# Second step of training with information dropping, from the checkpoint of
# the first (`load_from`), as published for top-down models: 150 epochs,
# Adam 3e-3 for batches of 8 x 48, divided by 10 at 100 and 140.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=150, val_interval=10)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=3e-3))
param_scheduler = [
    dict(type='LinearLR', begin=0, end=500, start_factor=0.001,
         by_epoch=False),
    dict(type='MultiStepLR', milestones=[100, 140], gamma=0.1,
         by_epoch=True, begin=0, end=150),
]
auto_scale_lr = dict(base_batch_size=384)
