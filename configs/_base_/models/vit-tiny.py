# A small ViTPose for rendered clips on a laptop, as many parameters as the
# small HRNet. Patches of 8 give 96x64 the tokens that patches of 16 give
# 192x128. All sizes are package defaults: no source has a model like it.
_base_ = './vit-base.py'

model = dict(
    backbone=dict(
        arch=dict(
            _delete_=True,
            embed_dims=96,
            num_layers=6,
            num_heads=4,
            feedforward_channels=384),
        img_size=(96, 64),
        patch_size=8,
        drop_path_rate=0.,
        init_cfg=None),
    head=dict(
        in_channels=96,
        deconv_out_channels=(48, ),
        deconv_kernel_sizes=(4, )),
    test_cfg=dict(flip_test=False))
