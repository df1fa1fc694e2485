# The augmentation of rendered clips (see clip_96x64.py) at the papers' size.
_base_ = './clip_96x64.py'

codec = _base_.codec
codec.update(input_size=(192, 256), heatmap_size=(48, 64), sigma=3.)

train_pipeline = _base_.train_pipeline
train_pipeline[3].update(input_size=codec.input_size)
train_pipeline[4].update(encoder=codec)

val_pipeline = _base_.val_pipeline
val_pipeline[2].update(input_size=codec.input_size)
