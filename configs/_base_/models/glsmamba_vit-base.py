# GLSMamba-B: frozen ViTPose-B, its deconvolutions, then 4 global and 2 local
# blocks on 64x48 maps. Numbers not set here are package defaults, not the
# paper's: see GLSMambaNeck.
_base_ = './vit-base.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='GLSMambaNeck',
        in_channels=768,
        num_frames=5,
        num_global=4,
        num_local=2,
        window=(8, 6),
        upsample_channels=(256, 256),
        upsample_init_cfg=dict(
            type='Pretrained',
            checkpoint={{_base_.checkpoint}},
            prefix='head.deconv_layers.'),
        channels=256),  # package default, not the paper's
    head=dict(
        in_channels=256, deconv_out_channels=None, deconv_kernel_sizes=None))
