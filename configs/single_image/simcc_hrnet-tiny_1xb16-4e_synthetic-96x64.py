# SimCC: x and y as two classifications, over bins of half a pixel.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

label_codec = dict(
    type='SimCCLabel',
    input_size=_base_.codec.input_size,
    sigma=2.,  # package default, not the paper's: 6 there, at 256x192
    simcc_split_ratio=2.)

model = dict(
    head=dict(
        _delete_=True,
        type='SimCCHead',
        in_channels=16,
        out_channels=17,
        input_size=label_codec['input_size'],
        in_featuremap_size=_base_.codec.heatmap_size,
        simcc_split_ratio=label_codec['simcc_split_ratio'],
        deconv_out_channels=None,
        loss=dict(type='KLDiscretLoss', use_target_weight=True),
        decoder=label_codec))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
