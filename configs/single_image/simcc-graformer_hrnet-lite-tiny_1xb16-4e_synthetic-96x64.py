# GraFormer's block: attention and graph convolutions.
_base_ = './simcc_hrnet-lite-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(head=dict(token_mixers=[dict(type='GraFormerBlock')]))
