# Fine-tuning of the published weights: Adam 5e-4 for batches of 24, 50 epochs,
# as in a public CenterNet-style port of MoveNet. The steps are a package
# default; Google's own training is not public.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=50, val_interval=5)

optim_wrapper = dict(optimizer=dict(type='Adam', lr=5e-4))

param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.001, begin=0, end=500,
        by_epoch=False),
    dict(
        type='MultiStepLR',
        begin=0,
        end=50,
        milestones=[35, 45],
        gamma=0.1,
        by_epoch=True),
]

auto_scale_lr = dict(base_batch_size=24)
