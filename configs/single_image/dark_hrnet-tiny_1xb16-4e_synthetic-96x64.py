# DARK: the place of a joint from the curvature of the heatmap's logarithm.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

codec = _base_.codec
# MMPose's rule: a blur of 3 for sigma 1
codec.update(unbiased=True, blur_kernel_size=3)

model = dict(head=dict(decoder=codec))

train_pipeline = [
    dict(step, encoder=codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
