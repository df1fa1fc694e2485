# The bone loss, and weights of both losses that are learned. They move by
# about the learning rate in each step, so the losses must begin at one size:
# `bone` takes a thousandth of the bone loss for that. With all of it, which is
# a hundred times the MSE, the steps follow the bone loss alone.
_base_ = './bone_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    loss_weighting=dict(
        type='AutomaticWeightedLoss', names=['loss_kpt', 'loss_bone']))
optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys=dict(loss_weighting=dict(decay_mult=0.))))
