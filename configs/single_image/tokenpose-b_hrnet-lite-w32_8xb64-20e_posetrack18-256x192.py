# TokenPose-B. Published: 300 epochs on COCO from ImageNet; here the backbone
# begins with the first three stages of COCO's HRNet.
_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/hrnet-w32.py',
]

codec = _base_.codec
codec.update(unbiased=True)  # DARK, as published

model = dict(
    backbone=dict(type='HRNetLite', num_stages=3),
    head=dict(
        _delete_=True,
        type='TokenPoseHead',
        in_channels=32,
        out_channels=17,
        feature_size=codec['heatmap_size'],
        heatmap_size=codec['heatmap_size'],
        patch_size=(4, 3),
        embed_dims=192,
        depth=12,
        num_heads=8,
        loss=dict(type='KeypointMSELoss', use_target_weight=True),
        decoder=codec))

optim_wrapper = dict(optimizer=dict(lr=1e-3))  # as published

train_pipeline = [
    {**step, 'encoder': codec} if step['type'] == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
