# Poseidon over the small ViT, for tests and rendered clips on a laptop. The
# blocks whose features are used are package defaults, not the paper's.
_base_ = './vit-tiny.py'

model = dict(
    backbone=dict(out_indices=(1, 3, 5)),
    neck=dict(
        type='PoseidonNeck', channels=96, feature_size=(8, 12),
        num_frames=5))
