_base_ = './tdmi_hrnet-tiny_1xb16-4e_synthetic-128x96.py'

model = dict(neck=dict(appearance=True))
