# TDMI over ViTPose-B, which the paper does not have: one level of features, so
# one stage of differences, lifted from 1/16 to 1/4 by the deconvolutions of
# ViTPose's own head.
_base_ = './vit-base.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='TDMINeck',
        in_channels=(768, ),
        channels=48,  # that of HRNet-W48
        deconv_out_channels=(256, 256),
        deconv_init_cfg=dict(
            type='Pretrained',
            checkpoint={{_base_.checkpoint}},
            prefix='head.deconv_layers.'),
        # terms and weights: package defaults, see TDMINeck.sound_objective
        mi=dict(mode='bounds')),
    head=dict(
        in_channels=48,
        deconv_out_channels=None,
        deconv_kernel_sizes=None,
        final_layer=dict(kernel_size=3, padding=1)))
