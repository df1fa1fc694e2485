# Elbows, knees, wrists and ankles count more, by the weights of the dataset's
# meta information.
_base_ = './clip_384x288_published.py'

codec = _base_.codec
train_pipeline = [
    dict(step, use_dataset_keypoint_weights=True)
    if step.type == 'GenerateTarget' else step
    for step in _base_.train_pipeline
]
