# Recipe of the DCPose lineage (boxes x1.25, half body, scale, rotation, flip).
codec = dict(
    type='MSRAHeatmap', input_size=(192, 256), heatmap_size=(48, 64), sigma=3)

train_pipeline = [
    dict(type='LoadClip', broken_key='skip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomHalfBody'),
    dict(
        type='RandomBBoxTransform',
        shift_prob=0.,
        scale_factor=(0.65, 1.35),
        rotate_factor=90.,
        rotate_prob=0.6),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackClipInputs'),
]
val_pipeline = [
    dict(type='LoadClip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='TopdownClipAffine', input_size=codec['input_size']),
    dict(type='PackClipInputs'),
]
