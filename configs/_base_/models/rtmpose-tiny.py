# A small RTMPose for rendered clips on a laptop: two stages of CSPNeXt, which
# end at 1/8 resolution (MMPose's end at 1/32: of 96x64 that would leave six
# cells). All sizes are package defaults.
_base_ = './rtmpose-m.py'

model = dict(
    backbone=dict(
        # channels in and out, blocks, residual, pyramid pooling
        arch_ovewrite=[[32, 64, 1, True, False], [64, 128, 1, False, True]],
        deepen_factor=1.,
        widen_factor=1.,
        out_indices=(2, )),
    head=dict(
        in_channels=128,
        input_size=(64, 96),
        in_featuremap_size=(8, 12),
        gau_cfg=dict(hidden_dims=128, s=64)),
    test_cfg=dict(flip_test=False))
