# For the released weights, and as the released code trains: its layout of
# tokens, images whose colors stay in OpenCV's order (blue first), and its
# boxes, draws and keypoints outside of the crop.
_base_ = [
    '../_base_/datasets/posetrack21_video.py',
    '../_base_/pipelines/clip_384x288_published-joint-weights.py',
    '../_base_/schedules/adamw_30e_poseidon.py',
    '../_base_/models/poseidon_vit-small.py',
]

model = dict(
    data_preprocessor=dict(bgr_to_rgb=False),
    neck=dict(layout='published'),
    head=dict(decoder=_base_.codec))

dataset = dict(bbox_clipping='shift')
train_dataloader = dict(
    dataset=dict(dataset, pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(dataset, pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
