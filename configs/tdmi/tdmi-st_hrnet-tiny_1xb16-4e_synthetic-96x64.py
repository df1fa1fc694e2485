_base_ = './tdmi_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(neck=dict(appearance=True))
