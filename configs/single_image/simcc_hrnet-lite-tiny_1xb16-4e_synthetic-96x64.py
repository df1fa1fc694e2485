# SimCC on HRNet-lite with keypoint tokens and no mixers: the start of the
# ablation. The configs beside it change one line each.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

codec = dict(
    type='SimCCLabel',
    input_size=_base_.codec.input_size,
    sigma=2.,  # package default, not the paper's: 6 there, at 256x192
    simcc_split_ratio=2.)

model = dict(
    backbone=dict(type='HRNetLite', num_stages=3),
    head=dict(
        _delete_=True,
        type='JointTokenSimCCHead',
        in_channels=16,
        out_channels=17,
        input_size=codec['input_size'],
        in_featuremap_size=_base_.codec.heatmap_size,
        simcc_split_ratio=codec['simcc_split_ratio'],
        token_mixers=[],
        skeleton=dict(from_file='configs/_base_/datasets/posetrack18.py'),
        loss=dict(type='KLDiscretLoss', use_target_weight=True),
        decoder=codec))

train_pipeline = [
    {**step, 'encoder': codec} if step['type'] == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
