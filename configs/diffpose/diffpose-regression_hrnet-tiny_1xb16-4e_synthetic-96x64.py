# Diffusion over coordinates instead of heatmaps: the authors' notes plan it
# and give no design.
_base_ = './diffpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

label_codec = dict(type='RegressionLabel', input_size=_base_.codec.input_size)

model = dict(
    head=dict(
        _delete_=True,
        type='DiffPoseRegressionHead',
        in_channels=128,
        num_joints=17,
        denoiser=dict(channels=128, time_dims=32),
        # as for DiffusionDet's boxes: pure noise then covers the crop
        diffusion=dict(signal_scale=2.),
        loss=dict(type='L1Loss', use_target_weight=True),
        decoder=label_codec))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
