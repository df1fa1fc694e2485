# The baseline with an ellipse cut out of each crop. The paper trains without
# it first; the benchmark's starts do so.
_base_ = '../baseline/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

train_pipeline = [
    *_base_.train_pipeline[:-1],
    dict(type='InformationDrop', method='cutout'),
    _base_.train_pipeline[-1],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
