# PoseWarper over HRNet-W32 for rendered clips on one GPU: trained as a whole,
# unless weights of a single-frame model are given. The dilations are those of
# the paper times 2/3, as the maps are.
_base_ = './posewarper_hrnet-w48.py'

model = dict(
    freeze_backbone=False,
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(32, 64)),
            stage3=dict(num_channels=(32, 64, 128)),
            stage4=dict(num_channels=(32, 64, 128, 256))),
        init_cfg=None),
    neck=dict(
        rough_head=dict(in_channels=32, frozen=False, init_cfg=None),
        dilations=(2, 4, 8, 12, 16)))
