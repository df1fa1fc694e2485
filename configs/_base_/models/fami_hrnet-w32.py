# FAMI-Pose over HRNet-W32 for rendered clips on one GPU.
_base_ = './fami_hrnet-w48.py'

model = dict(
    freeze_backbone=False,
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(32, 64)),
            stage3=dict(num_channels=(32, 64, 128)),
            stage4=dict(num_channels=(32, 64, 128, 256))),
        init_cfg=None),
    neck=dict(
        in_channels=32,
        offset_groups=8,  # package default, not the paper's: 12 divides 48
        mi=dict(label_init=None)),
    head=dict(in_channels=32))
