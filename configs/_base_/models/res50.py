# ResNet-50 with the head that a config puts on it.
model = dict(
    type='TopdownVideoPoseEstimator',
    data_preprocessor=dict(
        type='ClipDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=50),
    head=dict(in_channels=2048),
    test_cfg=dict(flip_test=True))
