# Convolutions of single frames, as the descriptions of the paper read. At its
# start the key frame's output hardly depends on the other frames, see the
# README of the method.
_base_ = './glsmamba_vit-base_8xb16-20e_posetrack17-256x192.py'

model = dict(neck=dict(block_cfg=dict(temporal_kernel=1)))
