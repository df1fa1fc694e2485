# ViTPose-L with COCO's weights; see vit-base.py.
_base_ = './vit-base.py'

checkpoint = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
    'topdown_heatmap/coco/td-hm_ViTPose-large_8xb64-210e_coco-256x192-'
    '53609f55_20230314.pth')

model = dict(
    backbone=dict(
        arch='large',
        drop_path_rate=0.5,
        init_cfg=dict(checkpoint=checkpoint)),
    head=dict(in_channels=1024))
