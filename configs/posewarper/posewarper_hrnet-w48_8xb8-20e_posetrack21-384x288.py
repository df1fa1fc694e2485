# The second stage: from what the first one left. Trained on pairs of a key
# frame and one random support, tested on five frames.
_base_ = [
    '../_base_/datasets/posetrack21_video.py',
    '../_base_/pipelines/clip_384x288.py',
    '../_base_/schedules/adam_20e_posewarper.py',
    '../_base_/models/posewarper_hrnet-w48.py',
]

first_stage = ('work_dirs/posewarper-stage1_hrnet-w48_8xb16-10e_posetrack21-'
               '384x288/epoch_10.pth')

model = dict(
    backbone=dict(init_cfg=dict(checkpoint=first_stage)),
    neck=dict(rough_head=dict(init_cfg=dict(checkpoint=first_stage))),
    head=dict(decoder=_base_.codec))

train_dataloader = dict(
    batch_size=8,
    dataset=dict(
        pipeline=_base_.train_pipeline,
        clip_sampler=dict(
            _delete_=True, type='RandomSupport', max_distance=2)))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
