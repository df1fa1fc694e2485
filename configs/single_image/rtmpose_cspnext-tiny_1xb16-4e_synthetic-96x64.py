# RTMPose: SimCC behind a small CSPNeXt, with attention between keypoints.
_base_ = [
    '../_base_/datasets/synthetic_video.py',
    '../_base_/pipelines/clip_96x64.py',
    '../_base_/schedules/adamw_4e_from-scratch.py',
    '../_base_/models/rtmpose-tiny.py',
]

clip_sampler = dict(type='FixedOffsets', offsets=(0, ), _delete_=True)
label_codec = dict(
    type='SimCCLabel',
    input_size=_base_.codec.input_size,
    sigma=(2.83, 3.46),  # the paper's rule: the root of the bins / 16
    simcc_split_ratio=2.,
    normalize=False)

model = dict(head=dict(decoder=label_codec))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(
    dataset=dict(pipeline=train_pipeline, clip_sampler=clip_sampler))
val_dataloader = dict(
    dataset=dict(pipeline=_base_.val_pipeline, clip_sampler=clip_sampler))
test_dataloader = val_dataloader
