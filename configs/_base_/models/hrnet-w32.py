# HRNet-W32 with COCO's weights; see hrnet-w48.py.
_base_ = './hrnet-w48.py'

checkpoint = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
    'topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192-'
    '81c58e40_20220909.pth')

model = dict(
    backbone=dict(
        extra=dict(
            stage2=dict(num_channels=(32, 64)),
            stage3=dict(num_channels=(32, 64, 128)),
            stage4=dict(num_channels=(32, 64, 128, 256))),
        init_cfg=dict(checkpoint=checkpoint)),
    head=dict(in_channels=32))
