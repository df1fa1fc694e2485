# MoveNet MultiPose: poses and boxes of all people of an image.
_base_ = './movenet-lightning.py'

model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor'),
    backbone=dict(widen_factor=1.5),
    neck=dict(in_channels=(40, 48, 96, 1280)),
    head=dict(type='MoveNetMultiPoseHead'))
