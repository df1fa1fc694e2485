# FAMI-Pose over HRNet-W48, which keeps its weights, as published; no flip
# test, as published. The layers are those of the public code.
_base_ = './hrnet-w48.py'

model = dict(
    freeze_backbone=True,
    neck=dict(
        type='FAMINeck',
        in_channels=48,
        num_frames=5,
        design='code',
        # the public code's start; True lets the aligned supports through from
        # the first iteration on, see the README of the method
        unit_modulation=False,
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
