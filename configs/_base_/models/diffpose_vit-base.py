# DiffPose over frozen ViTPose-B. Numbers not marked otherwise are package
# defaults, not the paper's: see docs/diffpose.md.
_base_ = './vit-base.py'

model = dict(
    freeze_backbone=True,  # the authors' notes freeze at first
    neck=dict(
        type='SpatioTemporalRepresentationLearner',
        in_channels=768,  # the width of the tokens is the same
        feature_size=(12, 16),
        num_frames=3,  # the authors' notes show 3
        num_layers=4,
        num_heads=12,
        aggregation='linear'),  # 'deconv' is the notes' other way
    head=dict(
        _delete_=True,
        type='DiffPoseHead',
        in_channels=768,
        out_channels=17,
        denoiser=dict(
            feature_stride=4,  # 2 with `aggregation='deconv'`
            channels=128,
            time_dims=64,
            time_conditioning='scale',  # or 'scale_shift', 'concat'
            lookup='mask',  # as in the paper; 'concat' is the ablation
            num_layers=1,
            num_heads=4),
        diffusion=dict(
            num_steps=1000,  # DiffusionDet's
            schedule='cosine',  # DiffusionDet's; 'linear' is DDPM's
            signal_scale=0.3),
        loss=dict(type='KeypointMSELoss', use_target_weight=True)),
    test_cfg=dict(sampling=dict(steps=4, hypotheses=4, eta=0., seed=0)))
