_base_ = [
    '../_base_/datasets/hieve_video.py',
    '../_base_/pipelines/clip_384x288.py',
    '../_base_/schedules/adamw_20e.py',
    '../_base_/models/hrnet-w48.py',
]

clip_sampler = dict(type='FixedOffsets', offsets=(0, ), _delete_=True)

model = dict(head=dict(out_channels=14, decoder=_base_.codec))

train_dataloader = dict(
    dataset=dict(pipeline=_base_.train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader

default_hooks = dict(checkpoint=dict(save_best='hieve/AP'))
