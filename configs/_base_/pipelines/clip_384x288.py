_base_ = './clip_256x192.py'

codec = _base_.codec
codec.update(input_size=(288, 384), heatmap_size=(72, 96))

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
