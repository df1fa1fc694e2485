# DCPose with three heads that learn from their ensemble; the first one
# predicts. DCPose's own head has no weights: here each one convolves the maps
# that the neck makes, which is a package default.
_base_ = './dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    head=dict(
        type='OnlineDistillHead',
        branch='HeatmapHead',
        num_branches=3,
        ensemble='mean',
        in_channels=_base_.model.head.out_channels,
        final_layer=dict(_delete_=True, kernel_size=3, padding=1),
        # package defaults, not the paper's; see `okd3` in single_image
        kd=dict(ramp_epochs=2, beta=10.)))
