# MoveNet Lightning with the published weights' folded normalization:
# convolutions have biases. From random weights set the norm_cfg of backbone
# and neck to dict(type='BN').
# The published graph keeps its constants as float16: 1 / 127.5 is 1 / 127.502.
pixel_scale = 127.50194552529182

model = dict(
    type='TopdownVideoPoseEstimator',
    data_preprocessor=dict(
        type='ClipDataPreprocessor',
        mean=[pixel_scale] * 3,
        std=[pixel_scale] * 3,
        bgr_to_rgb=True),
    backbone=dict(type='MoveNetMobileNetV2', norm_cfg=None),
    neck=dict(
        type='MoveNetFPN', in_channels=(24, 32, 64, 1280), norm_cfg=None),
    head=dict(type='MoveNetHead', in_channels=24, num_keypoints=17),
    test_cfg=dict(flip_test=False))
