# Heatmaps that a gated attention unit corrects.
_base_ = './td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    head=dict(
        type='JointTokenHeatmapHead',
        heatmap_size=_base_.codec.heatmap_size,
        token_mixers=[dict(type='GatedAttentionUnit', attn='softmax_plus')]))
