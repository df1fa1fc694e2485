# TokenPose on HRNet-lite. All sizes are package defaults.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    backbone=dict(type='HRNetLite', num_stages=3),
    head=dict(
        _delete_=True,
        type='TokenPoseHead',
        in_channels=16,
        out_channels=17,
        feature_size=_base_.codec.heatmap_size,
        heatmap_size=_base_.codec.heatmap_size,
        patch_size=(4, 4),
        embed_dims=96,
        depth=4,
        loss=dict(type='KeypointMSELoss', use_target_weight=True),
        decoder=_base_.codec))
