# MMPose's own recipe for top-down systems (boxes x1.25, half body; shift,
# scale and rotation as its transform has them by default; sigma 2).
_base_ = './clip_256x192.py'

codec = _base_.codec
codec.update(sigma=2)

train_pipeline = _base_.train_pipeline
train_pipeline[4] = dict(type='RandomBBoxTransform')
train_pipeline[6].update(encoder=codec)
