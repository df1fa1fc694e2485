# A large selective kernel on the map.
_base_ = './simcc_hrnet-lite-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    backbone=dict(refine=[dict(type='LargeSelectiveKernel', channels=16)]))
