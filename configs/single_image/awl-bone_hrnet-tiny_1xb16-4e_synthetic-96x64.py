# The bone loss, and weights of both losses that are learned.
_base_ = './bone_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    head=dict(loss=dict(bone=dict(loss_weight=1.))),
    loss_weighting=dict(
        type='AutomaticWeightedLoss', names=['loss_kpt', 'loss_bone']))
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(loss_weighting=dict(decay_mult=0.))))
