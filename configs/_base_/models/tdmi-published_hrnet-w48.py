# TDMI as in the authors' review upload: with the appearance branch, all of the
# network trained, modulation that starts near 0, and the objective of the
# code, whose label is the predicted heatmap. The README of the method says
# what each of these does and how to get `checkpoint`.
_base_ = './hrnet-w48.py'

# an HRNet-W48 that was trained on PoseTrack2017, with its final layer
checkpoint = 'data/pretrained/hrnet-w48_posetrack17.pth'

model = dict(
    freeze_backbone=False,
    backbone=dict(type='HRNetStages', init_cfg=dict(checkpoint=checkpoint)),
    neck=dict(
        type='TDMINeck',
        in_channels=(48, 48, 48, 48),
        channels=48,
        appearance=True,
        unit_modulation=False,
        mi=dict(
            # brings the seven terms of the code with its weights
            mode='published',
            label_init=dict(
                type='Pretrained',
                checkpoint=checkpoint,
                prefix='head.final_layer.'))),
    head=dict(final_layer=dict(kernel_size=3, padding=1)),
    test_cfg=dict(flip_test=False))
