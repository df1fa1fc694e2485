# Poseidon's and TAR-ViTPose's: AdamW 5e-6 with a weight decay of 0.1 on all
# parameters, half the rate every 5 epochs, 16 clips on one GPU, mixed
# precision, stop after 8 epochs without a better AP.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=30, val_interval=1)

optim_wrapper = dict(
    type='AmpOptimWrapper',
    optimizer=dict(type='AdamW', lr=5e-6, weight_decay=0.1))

param_scheduler = [
    dict(type='StepLR', step_size=5, gamma=0.5, by_epoch=True)
]

default_hooks = dict(
    early_stopping=dict(
        type='EarlyStoppingHook',
        monitor='posetrack/AP',
        rule='greater',
        patience=8))

auto_scale_lr = dict(base_batch_size=16)
