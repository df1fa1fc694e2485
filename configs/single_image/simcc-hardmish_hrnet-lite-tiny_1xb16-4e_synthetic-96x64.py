# HardMish in place of the backbone's ReLUs.
_base_ = './simcc_hrnet-lite-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(backbone=dict(act_cfg=dict(type='HardMish')))
