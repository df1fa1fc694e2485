# TAR-ViTPose over the small ViT, for tests and rendered clips on a laptop.
# Layers and heads are package defaults, not the paper's.
_base_ = './vit-tiny.py'

model = dict(
    neck=dict(
        type='TARViTPoseNeck',
        num_layers=2,
        num_heads=4,
        rough_head=dict(
            in_channels=96,
            deconv_out_channels=(48, ),
            deconv_kernel_sizes=(4, ))),
    head=dict(
        deconv_out_channels=None,
        deconv_kernel_sizes=None,
        final_layer=None))
