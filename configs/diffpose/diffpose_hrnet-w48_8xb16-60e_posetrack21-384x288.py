_base_ = [
    '../_base_/datasets/posetrack21_video.py',
    '../_base_/pipelines/clip_384x288.py',
    '../_base_/schedules/adamw_60e_diffpose.py',
    '../_base_/models/diffpose_hrnet-w48.py',
]

# the authors' notes show three frames; their distance is not known
clip_sampler = dict(
    type='FixedOffsets', offsets=(-1, 0, 1), _delete_=True)

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    dataset=dict(pipeline=_base_.train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
