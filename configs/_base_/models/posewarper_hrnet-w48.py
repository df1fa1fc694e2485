# PoseWarper over HRNet-W48. Backbone and single-frame head keep the weights of
# the first stage, and there is no flip test, as published. MMPose keeps the
# batch statistics of the backbone too; the authors' code lets them follow the
# data (`drift_frozen_bn=True`).
_base_ = './hrnet-w48.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='PoseWarpingNeck',
        rough_head=dict(
            in_channels=48,
            init_cfg=dict(
                type='Pretrained',
                checkpoint={{_base_.checkpoint}},
                prefix='head.')),
        # of the frames -2 to 2, at test time
        slot_weights=(0.1, 0.25, 0.3, 0.25, 0.1)),
    head=dict(final_layer=None),
    test_cfg=dict(flip_test=False))
