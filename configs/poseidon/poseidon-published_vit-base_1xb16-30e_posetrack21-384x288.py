# For the released weights: their layout of tokens, and images whose colours
# stay in OpenCV's order (blue first).
_base_ = './poseidon_vit-base_1xb16-30e_posetrack21-384x288.py'

model = dict(
    data_preprocessor=dict(bgr_to_rgb=False), neck=dict(layout='published'))
