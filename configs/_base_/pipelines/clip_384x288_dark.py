# The crop of DARK's public code, as in TDMI's: the centre of the box comes to
# rest on ((W - 1) / 2, (H - 1) / 2). MMPose's UDP crop scales by
# (W - 1) / box, that code by (W - 1) / (box - 1), 0.3 % more for a box of 300
# pixels.
_base_ = './clip_384x288.py'

codec = _base_.codec

train_pipeline = _base_.train_pipeline
train_pipeline[5].update(use_udp=True)

val_pipeline = _base_.val_pipeline
val_pipeline[2].update(use_udp=True)
