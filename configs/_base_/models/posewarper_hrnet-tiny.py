# PoseWarper over the small HRNet, for tests and rendered clips on a laptop.
# From random weights everything is trained, the single-frame head through the
# warped supports. Dilations are those of the paper over 3, as the maps are;
# channels and blocks are package defaults, not the paper's.
_base_ = './hrnet-tiny.py'

model = dict(
    neck=dict(
        type='PoseWarpingNeck',
        rough_head=dict(in_channels=16, frozen=False),
        dilations=(1, 2, 4, 6, 8),
        channels=32,
        num_blocks=4),
    head=dict(final_layer=None))
