# DiffPose over ViT-B at 256x192. What no source gives is marked.
model = dict(
    type='TopdownVideoPoseEstimator',
    # package default, not the paper's; the authors' notes freeze at first
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
            type='Pretrained',
            prefix='backbone.',
            checkpoint='https://download.openmmlab.com/mmpose/v1/'
            'body_2d_keypoint/topdown_heatmap/coco/td-hm_ViTPose-base_'
            '8xb64-210e_coco-256x192-216eae50_20230314.pth')),
    neck=dict(
        type='SpatioTemporalRepresentationLearner',
        in_channels=768,  # the width of the tokens is the same
        feature_size=(12, 16),
        num_frames=3,  # the authors' notes show 3
        num_layers=4,  # package default, not the paper's
        num_heads=12,  # package default, not the paper's
        mlp_ratio=4.,  # package default, not the paper's
        aggregation='linear'),  # 'deconv' is the notes' other way
    head=dict(
        type='DiffPoseHead',
        in_channels=768,
        out_channels=17,
        denoiser=dict(
            feature_stride=4,  # 'deconv' above doubles the resolution: 2
            channels=128,  # package default, not the paper's
            time_dims=64,  # package default, not the paper's
            time_conditioning='scale',  # or 'scale_shift', 'concat'
            lookup='mask',  # 'concat' is the ablation
            num_layers=1,  # package default, not the paper's
            num_heads=4),  # package default, not the paper's
        diffusion=dict(
            num_steps=1000,  # DiffusionDet's; not known of the paper
            schedule='cosine',  # DiffusionDet's; 'linear' is DDPM's
            signal_scale=1.),  # package default; DiffusionDet has 2
        loss=dict(type='KeypointMSELoss', use_target_weight=True)),
    test_cfg=dict(
        flip_test=True,
        flip_mode='heatmap',
        shift_heatmap=True,
        # all of them package defaults, not the paper's
        sampling=dict(steps=4, hypotheses=4, eta=0., seed=0)))
