# PoseTrack18 for systems that look at the key frame alone.
_base_ = './posetrack18_video.py'

clip_sampler = dict(type='FixedOffsets', offsets=(0, ), _delete_=True)

train_dataloader = dict(
    batch_size=64, dataset=dict(clip_sampler=clip_sampler))
val_dataloader = dict(dataset=dict(clip_sampler=clip_sampler))
test_dataloader = val_dataloader
