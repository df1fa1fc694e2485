# RLE with coordinates around the middle of the crop.
_base_ = './rle_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

codec = dict(
    type='CenteredRegressionLabel', input_size=_base_.codec.input_size)

model = dict(head=dict(type='CenteredRLEHead', decoder=codec))
train_pipeline = [
    {**step, 'encoder': codec} if step['type'] == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
