# HRFormer-S, as in MMPose but for the batch normalization: its SyncBN does
# not run without a GPU.
_base_ = './hrnet-tiny.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='HRFormer',
        in_channels=3,
        norm_cfg=_base_.norm_cfg,
        extra=dict(
            drop_path_rate=0.1,
            with_rpe=True,
            stage1=dict(
                num_modules=1,
                num_branches=1,
                block='BOTTLENECK',
                num_blocks=(2, ),
                num_channels=(64, ),
                num_heads=(2, ),
                num_mlp_ratios=(4, )),
            stage2=dict(
                num_modules=1,
                num_branches=2,
                block='HRFORMERBLOCK',
                num_blocks=(2, 2),
                num_channels=(32, 64),
                num_heads=(1, 2),
                mlp_ratios=(4, 4),
                window_sizes=(7, 7)),
            stage3=dict(
                num_modules=4,
                num_branches=3,
                block='HRFORMERBLOCK',
                num_blocks=(2, 2, 2),
                num_channels=(32, 64, 128),
                num_heads=(1, 2, 4),
                mlp_ratios=(4, 4, 4),
                window_sizes=(7, 7, 7)),
            stage4=dict(
                num_modules=2,
                num_branches=4,
                block='HRFORMERBLOCK',
                num_blocks=(2, 2, 2, 2),
                num_channels=(32, 64, 128, 256),
                num_heads=(1, 2, 4, 8),
                mlp_ratios=(4, 4, 4, 4),
                window_sizes=(7, 7, 7, 7)))),
    head=dict(in_channels=32),
    test_cfg=dict(flip_test=True, flip_mode='heatmap', shift_heatmap=True))
