# SimCC behind a gated attention unit over keypoint tokens, on HRNet without
# its last stage.
_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/hrnet-w32.py',
]

label_codec = dict(
    type='SimCCLabel',
    input_size=_base_.codec.input_size,
    sigma=4.,  # as published for HRNet
    simcc_split_ratio=2.)

model = dict(
    backbone=dict(type='HRNetLite', num_stages=3),
    head=dict(
        _delete_=True,
        type='JointTokenSimCCHead',
        in_channels=32,
        out_channels=17,
        input_size=label_codec['input_size'],
        in_featuremap_size=_base_.codec.heatmap_size,
        simcc_split_ratio=label_codec['simcc_split_ratio'],
        token_mixers=[
            dict(type='GatedAttentionUnit', attn='softmax_plus'),
        ],
        skeleton=dict(from_file='configs/_base_/datasets/posetrack18.py'),
        loss=dict(type='KLDiscretLoss', use_target_weight=True),
        decoder=label_codec))

optim_wrapper = dict(optimizer=dict(lr=1e-3))  # as published

train_pipeline = [
    {**step, 'encoder': label_codec}
    if step['type'] == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
