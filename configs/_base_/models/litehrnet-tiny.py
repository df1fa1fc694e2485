# A narrow Lite-HRNet for rendered clips on a laptop, with the channels of the
# small HRNet. All sizes are package defaults.
_base_ = './litehrnet-18.py'

model = dict(
    backbone=dict(
        extra=dict(
            stem=dict(stem_channels=16, out_channels=16),
            stages_spec=dict(
                num_modules=(1, 1, 1),
                num_channels=((16, 32), (16, 32, 64), (16, 32, 64, 128))))),
    head=dict(in_channels=16),
    test_cfg=dict(flip_test=False))
