# What the released code does around the network as well: boxes, draws and
# keypoints outside of the crop.
_base_ = [
    '../_base_/datasets/posetrack18_video.py',
    '../_base_/pipelines/clip_384x288_published.py',
    '../_base_/schedules/adam_20e_dcpose-posetrack18.py',
    '../_base_/models/dcpose_hrnet-w48.py',
]

# batch statistics of the frozen backbone follow the data there
model = dict(head=dict(decoder=_base_.codec), drift_frozen_bn=True)

# the published distance of 2 is exclusive
dataset = dict(
    clip_sampler=dict(offsets=(-1, 0, 1)), bbox_clipping='shift')
train_dataloader = dict(
    batch_size=32, dataset=dict(dataset, pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(dataset, pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
