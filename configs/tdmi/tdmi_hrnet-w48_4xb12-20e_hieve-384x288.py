_base_ = [
    '../_base_/datasets/hieve_video.py',
    '../_base_/pipelines/clip_384x288.py',
    '../_base_/schedules/adamw_20e.py',
    '../_base_/models/tdmi_hrnet-w48.py',
]

model = dict(head=dict(out_channels=14, decoder=_base_.codec))

train_dataloader = dict(
    batch_size=12, dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

default_hooks = dict(checkpoint=dict(save_best='hieve/AP'))

auto_scale_lr = dict(base_batch_size=48)
