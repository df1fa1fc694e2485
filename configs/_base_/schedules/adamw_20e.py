# GLSMamba's: AdamW 1e-4, to 1e-5 at epoch 6 and 1e-6 at epoch 12; weight decay
# 0.01 from the authors' notes. Scan parameters stay out of weight decay, as
# Mamba does.
_base_ = '../default_runtime.py'

train_cfg = dict(by_epoch=True, max_epochs=20, val_interval=1)

optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.01),
    paramwise_cfg=dict(
        norm_decay_mult=0.,
        bias_decay_mult=0.,
        custom_keys=dict(
            A_log=dict(decay_mult=0.),
            skip=dict(decay_mult=0.),
            dt_bias=dict(decay_mult=0.))))

param_scheduler = [
    dict(type='MultiStepLR', milestones=[6, 12], gamma=0.1, by_epoch=True)
]

auto_scale_lr = dict(base_batch_size=16)
