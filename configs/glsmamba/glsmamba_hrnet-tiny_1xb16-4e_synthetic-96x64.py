_base_ = [
    '../_base_/datasets/synthetic_video.py',
    '../_base_/pipelines/clip_96x64.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/hrnet-tiny.py',
]

model = dict(
    neck=dict(
        type='GLSMambaNeck',
        in_channels=16,
        channels=32,
        num_global=1,
        num_local=1,
        upsample_channels=(),
        window=(8, 8),
        scan_cfg=dict(d_state=4)),
    head=dict(in_channels=32, decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
