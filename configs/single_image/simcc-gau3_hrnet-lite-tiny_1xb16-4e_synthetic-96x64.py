# Gated attention units in three places: on the branch of lowest resolution
# after stage 2 and in stage 3, and on the keypoint tokens.
_base_ = './simcc_hrnet-lite-tiny_1xb16-4e_synthetic-96x64.py'

unit = dict(type='GatedAttentionUnit', attn='softmax_plus')
model = dict(
    backbone=dict(low_mixers=[dict(**unit, dims=32), dict(**unit, dims=64)]),
    head=dict(token_mixers=[unit]))
