# HRFormer-B from its COCO weights, otherwise as HRFormer-S.
_base_ = [
    './td-hm_hrformer-small_8xb32-20e_posetrack18-256x192.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/top_down/hrformer/'
    'hrformer_base_coco_256x192-6f5f1169_20220316.pth')

model = dict(
    backbone=dict(
        extra=dict(
            drop_path_rate=0.2,
            stage2=dict(num_channels=(78, 156), num_heads=(2, 4)),
            stage3=dict(num_channels=(78, 156, 312), num_heads=(2, 4, 8)),
            stage4=dict(
                num_channels=(78, 156, 312, 624), num_heads=(2, 4, 8, 16)))),
    head=dict(in_channels=78))
