# DSTA over ResNet-50, whose weights come from RLE's single-frame regression on
# COCO. Everything is trained; no flip test, as published.
_base_ = './res50.py'

model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmpose/v1/'
            'body_2d_keypoint/topdown_regression/coco/td-reg_res50_rle-'
            'pretrained-8xb64-210e_coco-256x192-2cb494ee_20220913.pth',
            prefix='backbone.')),
    neck=dict(
        type='DSTANeck', in_channels=2048, num_frames=3, drop_path_rate=0.1),
    head=dict(
        type='TokenRLEHead',
        in_channels=32,
        num_joints=17,
        loss=dict(type='DSTALoss', use_target_weight=True)),
    test_cfg=dict(flip_test=False))
