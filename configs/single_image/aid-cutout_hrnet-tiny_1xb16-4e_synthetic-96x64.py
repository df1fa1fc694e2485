# The baseline with an ellipse cut out of each crop, in one step. The paper
# trains without it first: `../_base_/schedules/aid_second_step.py`.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

train_pipeline = [
    *_base_.train_pipeline[:-1],
    dict(type='InformationDrop', method='cutout'),
    _base_.train_pipeline[-1],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
