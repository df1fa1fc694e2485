# Poseidon over ViTPose-H; see poseidon_vit-base.py.
_base_ = './poseidon_vit-base.py'

checkpoint = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
    'topdown_heatmap/coco/td-hm_ViTPose-huge_8xb64-210e_coco-256x192-'
    'e32adcd4_20230314.pth')

model = dict(
    backbone=dict(
        arch='huge',
        out_indices=(9, 21, 31),
        drop_path_rate=0.55,
        init_cfg=dict(checkpoint=checkpoint)),
    neck=dict(channels=1280),
    head=dict(in_channels=1280, init_cfg=dict(checkpoint=checkpoint)))
