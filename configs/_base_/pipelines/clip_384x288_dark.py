# The same with the crop of DARK's public code, as in FAMI-Pose's and TDMI's
# code: the center of the box comes to rest on ((W - 1) / 2, (H - 1) / 2), and
# the zoom is (W - 1) / (box - 1).
_base_ = './clip_384x288_published.py'

codec = _base_.codec
train_pipeline = _base_.train_pipeline
val_pipeline = _base_.val_pipeline
for step in [*train_pipeline, *val_pipeline]:
    if step.type == 'TopdownClipAffine':
        step.use_dark = True
del step
