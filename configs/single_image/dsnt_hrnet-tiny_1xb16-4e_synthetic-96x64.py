# DSNT: the expectation of a heatmap that is supervised only loosely.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

label_codec = dict(
    type='IntegralRegressionLabel',
    input_size=_base_.codec.input_size,
    heatmap_size=_base_.codec.heatmap_size,
    sigma=_base_.codec.sigma,
    normalize=True)

model = dict(
    head=dict(
        _delete_=True,
        type='DSNTHead',
        in_channels=16,
        in_featuremap_size=label_codec['heatmap_size'],
        num_joints=17,
        deconv_out_channels=None,
        loss=dict(
            type='MultipleLossWrapper',
            losses=[
                dict(type='SmoothL1Loss', use_target_weight=True),
                dict(type='JSDiscretLoss', use_target_weight=True),
            ]),
        decoder=label_codec))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
