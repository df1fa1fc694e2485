# DiffPose over the small HRNet, for tests and rendered clips on a laptop. All
# sizes are package defaults: no source has a model like it.
_base_ = './hrnet-tiny.py'

model = dict(
    neck=dict(
        type='SpatioTemporalRepresentationLearner',
        in_channels=16,
        feature_size=(16, 24),
        num_frames=3,
        patch_size=4,
        embed_dims=128,
        num_layers=2,
        num_heads=4,
        mlp_ratio=2.),
    head=dict(
        _delete_=True,
        type='DiffPoseHead',
        in_channels=128,
        out_channels=17,
        denoiser=dict(channels=64, time_dims=32),
        diffusion=dict(signal_scale=0.3),
        loss=dict(type='KeypointMSELoss', use_target_weight=True)),
    # one step is best here, see docs/diffpose.md
    test_cfg=dict(sampling=dict(steps=1, hypotheses=1)))
