# Pairs of a key frame and one random support, five frames for testing. Its
# first stage is the single-frame baseline (configs/single_image).
_base_ = [
    '../_base_/datasets/synthetic_video.py',
    '../_base_/pipelines/clip_96x64.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/posewarper_hrnet-tiny.py',
]

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    dataset=dict(
        pipeline=_base_.train_pipeline,
        clip_sampler=dict(
            _delete_=True, type='RandomSupport', max_distance=2)))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
