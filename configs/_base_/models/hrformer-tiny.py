# A small HRFormer for rendered clips on a laptop, with the channels of the
# small HRNet. All sizes are package defaults.
_base_ = './hrformer-small.py'

model = dict(
    backbone=dict(
        extra=dict(
            drop_path_rate=0.,
            stage1=dict(num_blocks=(1, ), num_channels=(16, )),
            stage2=dict(num_blocks=(1, 1), num_channels=(16, 32)),
            stage3=dict(
                num_modules=1,
                num_blocks=(1, 1, 1),
                num_channels=(16, 32, 64)),
            stage4=dict(
                num_modules=1,
                num_blocks=(1, 1, 1, 1),
                num_channels=(16, 32, 64, 128)))),
    head=dict(in_channels=16),
    test_cfg=dict(flip_test=False))
