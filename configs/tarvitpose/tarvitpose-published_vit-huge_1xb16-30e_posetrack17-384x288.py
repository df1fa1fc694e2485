# For the released weights: their layout of tokens, and images whose colours
# stay in OpenCV's order (blue first).
_base_ = './tarvitpose_vit-huge_1xb16-30e_posetrack17-384x288.py'

model = dict(
    data_preprocessor=dict(bgr_to_rgb=False), neck=dict(layout='published'))
