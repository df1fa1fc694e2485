# UDP with HRNet on MPII, evaluated with PCKh.
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/mpii/td-hm_hrnet-w32_8xb64-210e_mpii-256x256.py'  # noqa: E501

codec = dict(
    type='UDPHeatmap', input_size=(256, 256), heatmap_size=(64, 64), sigma=2)

model = dict(
    head=dict(decoder=codec), test_cfg=dict(shift_heatmap=False))

train_pipeline = _base_.train_pipeline
train_pipeline[4].update(use_udp=True)
train_pipeline[5].update(encoder=codec)
val_pipeline = _base_.val_pipeline
val_pipeline[2].update(use_udp=True)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
