# DCPose over ViTPose-B, which the paper does not have: the rough head is the
# whole head of ViTPose.
_base_ = './vit-base.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='DCPoseNeck',
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
        final_layer=None),
    test_cfg=dict(flip_test=False))
