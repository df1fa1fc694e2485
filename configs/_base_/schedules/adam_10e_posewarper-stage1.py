# PoseWarper's first stage, a single-frame model: Adam 1e-4, a tenth of it
# after epochs 5 and 7, 16 images on each of eight GPUs.
_base_ = './adam_20e_posewarper.py'

train_cfg = dict(max_epochs=10)
param_scheduler = [
    dict(type='MultiStepLR', milestones=[5, 7], gamma=0.1, by_epoch=True)
]
auto_scale_lr = dict(base_batch_size=128)
