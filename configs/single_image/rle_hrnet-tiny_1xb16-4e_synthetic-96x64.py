# RLE: coordinates and their scale regressed, the distribution of the error
# learned by a normalizing flow. The published model averages the last feature
# map over space; 16 channels would leave next to nothing of it, so the head
# reads all of the small HRNet's map: package default, not the paper's.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

label_codec = dict(type='RegressionLabel', input_size=_base_.codec.input_size)

model = dict(
    head=dict(
        _delete_=True,
        type='RLEHead',
        in_channels=16 * 24 * 16,
        # `fc` alone: MMPose's settings for all linear layers would draw the
        # flow anew. Its 0.01 is for 2048 inputs; with it 6144 of the small
        # HRNet start with scales next to 0 and a loss of thousands
        init_cfg=dict(
            type='Normal',
            override=dict(type='Normal', name='fc', std=0.001, bias=0)),
        num_joints=17,
        loss=dict(type='RLELoss', use_target_weight=True),
        decoder=label_codec))

# Adam moves each weight by up to the rate, so coordinates, which are sums of
# 6144 inputs, would jump by widths of the crop in a step of the others' 2e-3.
# Chosen by seed 0, AP after 8 epochs: 25.2 with this, 18.3 with 0.1, 17.8 with
# 5e-4 for all layers, 11.9 with 2e-3 (and the flow drawn anew).
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'head.fc': dict(lr_mult=0.02)}))

train_pipeline = [
    dict(step, encoder=label_codec) if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
