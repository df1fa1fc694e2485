# The tiny network alone on PoseTrack18; also the config of the exported one.
_base_ = '../../../configs/single_image/td-hm_litehrnet-18_8xb64-20e_posetrack18-256x192.py'  # noqa: E501

# no weights for this width are public
load_from = None

model = dict(
    backbone=dict(_delete_=True, type='MobileNetV2', widen_factor=0.35),
    head=dict(
        in_channels=1280,
        deconv_out_channels=(256, 256, 256),
        deconv_kernel_sizes=(4, 4, 4)))
