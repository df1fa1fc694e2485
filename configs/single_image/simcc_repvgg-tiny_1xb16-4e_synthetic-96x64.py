# SimCC on a small RepVGG: three branches in training, one convolution after
# `export_onnx --deploy`. All sizes are package defaults.
_base_ = './simcc_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmpretrain.RepVGG',
        arch=dict(
            num_blocks=[1, 2, 3, 1],
            width_factor=[0.25, 0.25, 0.25, 0.25],
            group_layer_map=None,
            se_cfg=None,
            stem_channels=16),
        strides=(2, 2, 2, 1),  # 1/16 in place of 1/32
        out_indices=(3, )),
    head=dict(in_channels=128, in_featuremap_size=(4, 6)))
