# DiffPose over HRNet-W32 for rendered clips on one GPU. All sizes are package
# defaults, not the paper's.
_base_ = './diffpose_hrnet-w48.py'

model = dict(
    freeze_backbone=False,
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(32, 64)),
            stage3=dict(num_channels=(32, 64, 128)),
            stage4=dict(num_channels=(32, 64, 128, 256))),
        init_cfg=None),
    neck=dict(
        in_channels=32, feature_size=(48, 64), embed_dims=512, num_heads=8),
    head=dict(in_channels=512),
    test_cfg=dict(
        flip_test=False, sampling=dict(steps=4, hypotheses=1)))
