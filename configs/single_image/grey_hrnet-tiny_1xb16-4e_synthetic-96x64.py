# The baseline, trained on grey images.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

train_pipeline = [
    *_base_.train_pipeline[:-1],
    # luminance of B, G and R, the same choice for all frames of a clip
    dict(
        type='ClipConsistent',
        transform=dict(
            type='mmcv.RandomGrayscale',
            prob=1.,
            keep_channels=True,
            channel_weights=(.114, .587, .299))),
    _base_.train_pipeline[-1],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
