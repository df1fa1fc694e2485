# What the released code does around the network as well: boxes, draws, the
# crop of DARK's code (without its decoding), supports at the ends of a video,
# and the objective.
_base_ = [
    '../_base_/datasets/posetrack17_video.py',
    '../_base_/pipelines/clip_384x288_dark.py',
    '../_base_/schedules/adam_21e_fami.py',
    '../_base_/models/fami_hrnet-w48.py',
]

# batch statistics of the frozen backbone follow the data there, and modulation
# starts near 0
model = dict(
    neck=dict(unit_modulation=False, mi=dict(mode='published')),
    head=dict(decoder=_base_.codec),
    drift_frozen_bn=True)

dataset = dict(
    clip_sampler=dict(edge_rule='fami'), bbox_clipping='shift')
train_dataloader = dict(
    batch_size=48, dataset=dict(dataset, pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(dataset, pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
