# For rendered clips and small models, with mild augmentation. No flip: the
# renderer paints left limbs lighter than right ones, which is what tells the
# sides apart at this size, and a mirror image would deny it.
_base_ = './clip_256x192.py'

codec = _base_.codec
codec.update(input_size=(64, 96), heatmap_size=(16, 24), sigma=1.)

train_pipeline = [
    dict(type='LoadClip', broken_key='skip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(
        type='RandomBBoxTransform',
        shift_prob=0.,
        scale_factor=(0.75, 1.25),
        rotate_factor=30.,
        rotate_prob=0.6),
    dict(type='TopdownClipAffine', input_size=codec.input_size),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackClipInputs'),
]

val_pipeline = [
    dict(step, input_size=codec.input_size)
    if step.type == 'TopdownClipAffine' else step
    for step in _base_.val_pipeline
]
