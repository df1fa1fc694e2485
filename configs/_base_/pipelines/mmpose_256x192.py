# MMPose's own recipe for top-down systems (boxes x1.25, half body; shift,
# scale and rotation as its transform has them by default; sigma 2).
_base_ = './clip_256x192.py'

codec = _base_.codec
codec.update(sigma=2)

train_pipeline = [
    dict(type='RandomBBoxTransform') if step.type == 'RandomBBoxTransform'
    else dict(step, encoder=codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
