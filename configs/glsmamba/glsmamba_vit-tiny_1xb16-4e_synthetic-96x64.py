# Over the small ViT: its tokens, 1/8 of the input, are lifted to 1/4 before
# they are scanned, as the paper lifts ViT-B's from 1/16 to 1/4.
_base_ = [
    '../_base_/datasets/synthetic_video.py',
    '../_base_/pipelines/clip_96x64.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/vit-tiny.py',
]

model = dict(
    neck=dict(
        type='GLSMambaNeck',
        in_channels=96,
        channels=32,
        num_frames=5,
        num_global=1,
        num_local=1,
        upsample_channels=(48, ),
        window=(8, 8),
        scan_cfg=dict(d_state=4)),
    head=dict(
        in_channels=32,
        deconv_out_channels=None,
        deconv_kernel_sizes=None,
        decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
