_base_ = [
    '../_base_/datasets/posetrack17_video.py',
    '../_base_/pipelines/clip_256x192.py',
    '../_base_/schedules/adamw_20e_dsta.py',
    '../_base_/models/dsta_res50.py',
]

clip_sampler = dict(offsets=(-1, 0, 1))
label_codec = dict(type='RegressionLabel', input_size=_base_.codec.input_size)

model = dict(head=dict(decoder=label_codec))

train_pipeline = [
    dict(step, encoder=label_codec, use_dataset_keypoint_weights=True)
    if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(
    batch_size=32,
    dataset=dict(pipeline=train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
