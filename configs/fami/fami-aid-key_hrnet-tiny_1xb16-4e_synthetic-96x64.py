# FAMI-Pose with an ellipse cut out of the key frame alone: what it hides, the
# neighbors show.
_base_ = './fami_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

train_pipeline = [
    added
    for step in _base_.train_pipeline
    for added in (
        [dict(type='InformationDrop', method='cutout', frames='key'), step]
        if step.type == 'PackClipInputs' else [step])
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
