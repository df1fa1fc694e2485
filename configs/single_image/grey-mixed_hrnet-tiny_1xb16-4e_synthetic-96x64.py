# The baseline, trained on grey images and on images in color.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

train_pipeline = [
    added
    for step in _base_.train_pipeline
    for added in ([
        # luminance of B, G and R, the same choice for all frames of a clip
        dict(
            type='ClipConsistent',
            transform=dict(
                type='mmcv.RandomGrayscale',
                prob=0.5,
                keep_channels=True,
                channel_weights=(.114, .587, .299))),
        step,
    ] if step.type == 'PackClipInputs' else [step])
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
