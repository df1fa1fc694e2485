# Square crops of rendered clips, with the augmentation of clip_96x64.py.
codec = dict(
    type='MoveNetLabel', input_size=(96, 96), heatmap_size=(24, 24), sigma=1.)

train_pipeline = [
    dict(type='LoadClip', broken_key='skip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(
        type='RandomBBoxTransform',
        shift_prob=0.,
        scale_factor=(0.75, 1.25),
        rotate_factor=30.,
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
