# The augmentation of rendered clips (see clip_96x64.py) at the papers' size.
_base_ = './clip_96x64.py'

codec = _base_.codec
codec.update(input_size=(192, 256), heatmap_size=(48, 64), sigma=3.)

train_pipeline = [
    dict(step, **dict(
        TopdownClipAffine=dict(input_size=codec.input_size),
        GenerateTarget=dict(encoder=codec)).get(step.type, {}))
    for step in _base_.train_pipeline
]

val_pipeline = [
    dict(step, input_size=codec.input_size)
    if step.type == 'TopdownClipAffine' else step
    for step in _base_.val_pipeline
]
