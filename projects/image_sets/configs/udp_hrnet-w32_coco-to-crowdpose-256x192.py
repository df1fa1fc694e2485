# The same with UDP.
_base_ = './td-hm_hrnet-w32_coco-to-crowdpose-256x192.py'

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
    'topdown_heatmap/coco/'
    'td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192-73ede547_20220914.pth')

codec = dict(type='UDPHeatmap')
model = dict(
    head=dict(decoder=codec), test_cfg=dict(shift_heatmap=False))
val_pipeline = [
    dict(step, use_udp=True) if step.type == 'TopdownAffine' else step
    for step in _base_.val_pipeline
]
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
