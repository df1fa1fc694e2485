_base_ = './tdmi_hrnet-w48_4xb12-20e_posetrack21-384x288.py'

model = dict(neck=dict(appearance=True))
