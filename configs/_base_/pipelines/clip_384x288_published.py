# The recipe as the released code of DCPose, FAMI-Pose and TDMI has it, draw by
# draw; the datasets that use it clip boxes likewise (`bbox_clipping='shift'`).
codec = dict(
    type='MSRAHeatmap', input_size=(288, 384), heatmap_size=(72, 96), sigma=3)

train_pipeline = [
    dict(type='LoadClip', broken_key='skip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(
        type='RandomHalfBody',
        min_upper_keypoints=3,
        # the code asks a normal draw to be below 0.5
        upper_prioritized_prob=0.6915),
    dict(type='RandomClippedBBoxTransform'),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='HideOutsideKeypoints'),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackClipInputs'),
]
val_pipeline = [
    dict(type='LoadClip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='PackClipInputs'),
]
