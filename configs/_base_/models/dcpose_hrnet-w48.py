# DCPose over HRNet-W48. Backbone and rough head keep their weights, and there
# is no flip test, as published. COCO has eyes where PoseTrack has the top and
# the bottom of the head: see configs/dcpose/README.md.
_base_ = './hrnet-w48.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='DCPoseNeck',
        rough_head=dict(
            in_channels=48,
            init_cfg=dict(
                type='Pretrained',
                checkpoint={{_base_.checkpoint}},
                prefix='head.'))),
    head=dict(final_layer=None),
    test_cfg=dict(flip_test=False))
