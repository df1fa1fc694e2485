# DCPose over HRNet-W32 for rendered clips on one GPU: trained as a whole,
# unless weights of a single-frame model are given.
_base_ = './dcpose_hrnet-w48.py'

model = dict(
    freeze_backbone=False,
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(32, 64)),
            stage3=dict(num_channels=(32, 64, 128)),
            stage4=dict(num_channels=(32, 64, 128, 256))),
        init_cfg=None),
    neck=dict(rough_head=dict(in_channels=32, frozen=False, init_cfg=None)))
