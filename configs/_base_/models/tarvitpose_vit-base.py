# TAR-ViTPose over ViTPose-B. The single-frame head, which runs twice, and the
# backbone are trained; no flip test, as published. See the README of the
# method for `layout` and the order of colors of the released weights.
_base_ = './vit-base.py'

model = dict(
    neck=dict(
        type='TARViTPoseNeck',
        num_layers=6,
        num_heads=4,
        mask_threshold=0.2,
        layout='sound',
        rough_head=dict(
            in_channels=768,
            deconv_out_channels=(256, 256),
            deconv_kernel_sizes=(4, 4),
            init_cfg=dict(
                type='Pretrained',
                checkpoint={{_base_.checkpoint}},
                prefix='head.'))),
    head=dict(
        deconv_out_channels=None,
        deconv_kernel_sizes=None,
        final_layer=None,
        loss=dict(type='SquaredWeightMSELoss')),
    test_cfg=dict(flip_test=False))
