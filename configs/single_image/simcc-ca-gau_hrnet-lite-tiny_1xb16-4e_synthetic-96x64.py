# Coordinate attention on the map, then a gated attention unit.
_base_ = './simcc_hrnet-lite-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    backbone=dict(refine=[dict(type='CoordinateAttention', channels=16)]),
    head=dict(token_mixers=[
        dict(type='GatedAttentionUnit', attn='softmax_plus'),
    ]))
