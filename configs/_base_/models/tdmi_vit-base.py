# TDMI over ViTPose-B, which the paper does not have: one level of features, so
# one stage of differences, lifted from 1/16 to 1/4 by the deconvolutions of
# ViTPose's own head.
checkpoint = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
    'topdown_heatmap/coco/td-hm_ViTPose-base_8xb64-210e_coco-256x192-'
    '216eae50_20230314.pth')

model = dict(
    type='TopdownVideoPoseEstimator',
    freeze_backbone=True,
    data_preprocessor=dict(
        type='ClipDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(
        type='mmpretrain.VisionTransformer',
        arch='base',
        img_size=(256, 192),
        patch_size=16,
        qkv_bias=True,
        drop_path_rate=0.3,
        with_cls_token=False,
        out_type='featmap',
        patch_cfg=dict(padding=2),
        init_cfg=dict(
            type='Pretrained', checkpoint=checkpoint, prefix='backbone.')),
    neck=dict(
        type='TDMINeck',
        in_channels=(768, ),
        channels=48,  # that of HRNet-W48
        deconv_out_channels=(256, 256),
        deconv_init_cfg=dict(
            type='Pretrained',
            checkpoint=checkpoint,
            prefix='head.deconv_layers.'),
        mi=dict(
            mode='bounds',
            # see tdmi_hrnet-w48.py: package default, not the paper's
            loss_weight=1e-4,
            warmup_iters=500,
            terms=[
                dict(x='useful', y='noisy', goal='min', weight=1.),
                dict(x='useful', y='target', goal='max', weight=1.),
            ])),
    head=dict(
        type='HeatmapHead',
        in_channels=48,
        out_channels=17,
        deconv_out_channels=None,
        final_layer=dict(kernel_size=3, padding=1),
        loss=dict(type='KeypointMSELoss', use_target_weight=True)),
    test_cfg=dict(flip_test=True, flip_mode='heatmap', shift_heatmap=False))
