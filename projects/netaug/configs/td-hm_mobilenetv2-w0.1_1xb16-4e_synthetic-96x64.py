# The tiny network alone, on rendered clips; also the config of the exported
# network.
_base_ = '../../../configs/single_image/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'  # noqa: E501

model = dict(
    backbone=dict(_delete_=True, type='MobileNetV2', widen_factor=0.1),
    head=dict(
        in_channels=1280,
        deconv_out_channels=(32, 32, 32),
        deconv_kernel_sizes=(4, 4, 4)))
