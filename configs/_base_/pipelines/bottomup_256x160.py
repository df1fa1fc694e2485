# Whole frames of rendered clips for bottom-up models. The step GenerateTarget
# gets its encoder in the config. No flip: the renderer paints left limbs
# lighter than right ones.
input_size = (256, 160)

train_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupRandomAffine',
        input_size=input_size,
        scale_factor=(0.8, 1.3),
        rotate_factor=15.,
        shear_prob=0.),
    dict(type='GenerateTarget'),
    dict(type='PackPoseInputs'),
]
val_pipeline = [
    dict(type='LoadImage'),
    dict(
        type='BottomupResize',
        input_size=input_size,
        size_factor=32,
        resize_mode='expand'),
    dict(type='PackPoseInputs'),
]
