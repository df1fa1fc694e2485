# FAMI-Pose over HRNet-W48, which keeps its weights, as published; no flip
# test, as published. The layers are those of the public code; the supports
# pass the alignment from the first iteration on, which the code's start does
# not let them, see the README of the method.
_base_ = './hrnet-w48.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='FAMINeck',
        in_channels=48,
        num_frames=5,
        design='code',
        mi=dict(
            # the code's terms and weights come with `mode='published'`
            mode='bounds',
            # used by that mode, which compares with rough heatmaps
            label_init=dict(
                type='Pretrained',
                checkpoint={{_base_.checkpoint}},
                prefix='head.final_layer.'))),
    head=dict(final_layer=dict(kernel_size=3, padding=1)),
    test_cfg=dict(flip_test=False))
