# The baseline with a loss on the distances between keypoints.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    head=dict(
        loss=dict(
            _delete_=True,
            type='WithBoneLoss',
            loss=dict(type='KeypointMSELoss', use_target_weight=True),
            # package default: the bone loss is some hundred times the MSE
            bone=dict(loss_weight=1e-3))))
