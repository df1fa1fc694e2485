# MoveNet's square crops. MMPose's augmentation (half body, shift, scale,
# rotation, flip): how MoveNet was trained is not public.
codec = dict(
    type='MoveNetLabel',
    input_size=(192, 192),
    heatmap_size=(48, 48),
    # the published graph multiplies by the float16 that is nearest to 1 / 48
    cell_size=3.9990234375)

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
