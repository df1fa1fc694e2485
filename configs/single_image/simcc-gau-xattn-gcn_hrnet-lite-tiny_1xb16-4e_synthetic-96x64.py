# Queries from a graph convolution, keys and values from an attention unit.
_base_ = './simcc_hrnet-lite-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    head=dict(
        order='cross',
        token_mixers=[
            dict(type='SemGCNBlock'),
            dict(type='GatedAttentionUnit', attn='softmax_plus'),
            dict(type='GatedAttentionUnit', attn='softmax_plus'),
        ]))
