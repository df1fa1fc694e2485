# The crops of Thunder.
codec = dict(
    type='MoveNetLabel', input_size=(256, 256), heatmap_size=(64, 64))

train_pipeline = [
    dict(type='LoadClip', broken_key='skip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', direction='horizontal'),
    dict(type='RandomHalfBody'),
    dict(type='RandomBBoxTransform'),
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
