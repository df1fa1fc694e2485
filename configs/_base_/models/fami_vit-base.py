# FAMI-Pose over ViTPose-B, which the paper does not have: the deconvolutions
# of ViTPose's own head lift the features to 1/4 resolution and 256 channels,
# which 12 groups of offsets would not divide.
_base_ = './vit-base.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='FAMINeck',
        in_channels=768,
        num_frames=5,
        design='code',
        offset_groups=16,
        deconv_out_channels=(256, 256),
        deconv_init_cfg=dict(
            type='Pretrained',
            checkpoint={{_base_.checkpoint}},
            prefix='head.deconv_layers.'),
        mi=dict(
            # the code's terms and weights come with `mode='published'`
            mode='bounds',
            # used by that mode, which compares with rough heatmaps
            label_init=dict(
                type='Pretrained',
                checkpoint={{_base_.checkpoint}},
                prefix='head.final_layer.'))),
    head=dict(
        in_channels=256,
        deconv_out_channels=None,
        deconv_kernel_sizes=None,
        final_layer=dict(kernel_size=3, padding=1)),
    test_cfg=dict(flip_test=False))
