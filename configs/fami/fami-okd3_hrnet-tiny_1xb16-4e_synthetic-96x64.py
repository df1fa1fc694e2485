# FAMI-Pose with three heads that learn from their ensemble; the first one
# predicts.
_base_ = './fami_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    head=dict(
        type='OnlineDistillHead',
        branch='HeatmapHead',
        num_branches=3,
        ensemble='mean',
        # package defaults, not the paper's; see `okd3` in single_image
        kd=dict(ramp_epochs=2, beta=10.)))
