# DCPose with an ellipse cut out of the key frame alone: what it hides, the
# neighbours show.
_base_ = './dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

train_pipeline = [
    *_base_.train_pipeline[:-1],
    dict(type='InformationDrop', method='cutout', frames='key'),
    _base_.train_pipeline[-1],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
