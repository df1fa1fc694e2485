# Three branches that learn from their ensemble; the first one predicts.
_base_ = '../baseline/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    head=dict(
        _delete_=True,
        type='OnlineDistillHead',
        num_branches=3,
        ensemble='mean',
        # package defaults, not the paper's 60 epochs and beta 1
        kd=dict(ramp_epochs=2, beta=10.),
        head=dict(
            type='HeatmapHead',
            in_channels=16,
            out_channels=17,
            deconv_out_channels=None,
            loss=dict(type='KeypointMSELoss', use_target_weight=True),
            decoder=_base_.codec)))
