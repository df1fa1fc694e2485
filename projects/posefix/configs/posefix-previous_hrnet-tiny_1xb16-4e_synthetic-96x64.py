# The pose to refine is that of the frame before.
_base_ = './posefix_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

train_dataloader = dict(dataset=dict(previous_frame=True))
val_dataloader = dict(dataset=dict(previous_frame=True))
test_dataloader = val_dataloader
