_base_ = './tdmi_hrnet-tiny_1xb32-8e_synthetic-128x96.py'

model = dict(neck=dict(appearance=True))
