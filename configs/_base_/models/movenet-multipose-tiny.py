# MoveNet MultiPose of half the width for rendered clips on a laptop, from
# random weights.
_base_ = './movenet-tiny.py'

model = dict(
    type='BottomupPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor'),
    head=dict(type='MoveNetMultiPoseHead'))
