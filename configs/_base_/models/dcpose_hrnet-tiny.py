# DCPose over the small HRNet, for tests and rendered clips on a laptop.
# Trained from random weights as a whole, so the rough heatmaps are supervised
# too. The dilations are those of the paper over 3, as the maps are.
_base_ = './hrnet-tiny.py'

model = dict(
    neck=dict(
        type='DCPoseNeck',
        rough_head=dict(in_channels=16, frozen=False),
        dilations=(1, 2, 3, 4, 5)),
    head=dict(final_layer=None))
