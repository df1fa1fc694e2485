_base_ = './clip_256x192.py'

codec = _base_.codec
codec.update(input_size=(96, 128), heatmap_size=(24, 32), sigma=1.5)

train_pipeline = _base_.train_pipeline
train_pipeline[5].update(input_size=codec.input_size)
train_pipeline[6].update(encoder=codec)

val_pipeline = _base_.val_pipeline
val_pipeline[2].update(input_size=codec.input_size)
