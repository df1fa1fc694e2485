# DiffPose over frozen HRNet-W48 at 384x288. The neck makes 24x18 tokens of the
# 96x72 cells of each frame. See diffpose_vit-base.py for what is whose.
_base_ = './hrnet-w48.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='SpatioTemporalRepresentationLearner',
        in_channels=48,
        feature_size=(72, 96),
        num_frames=3,
        patch_size=4,
        embed_dims=768,  # 16 cells of 48 channels each
        num_layers=4,
        num_heads=12),
    head=dict(
        _delete_=True,
        type='DiffPoseHead',
        in_channels=768,
        out_channels=17,
        denoiser=dict(channels=128, time_dims=64),
        diffusion=dict(num_steps=1000, schedule='cosine', signal_scale=0.3),
        loss=dict(type='KeypointMSELoss', use_target_weight=True)),
    test_cfg=dict(sampling=dict(steps=4, hypotheses=4, eta=0., seed=0)))
