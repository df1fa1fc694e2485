# Poseidon over ViTPose-B; everything is trained, no flip test, as published.
# See the README of the method for `layout` and the order of colors of the
# released weights. The blocks of ViT-B whose features are used stand in a
# comment of the released code only.
_base_ = './vit-base.py'

model = dict(
    backbone=dict(out_indices=(3, 7, 11)),
    neck=dict(
        type='PoseidonNeck',
        channels=768,
        feature_size=(18, 24),
        num_levels=3,
        num_heads=4,
        num_frames=5,
        layout='sound'),
    head=dict(
        loss=dict(type='SquaredWeightMSELoss'),
        init_cfg=dict(
            type='Pretrained',
            checkpoint={{_base_.checkpoint}},
            prefix='head.')),
    test_cfg=dict(flip_test=False))
