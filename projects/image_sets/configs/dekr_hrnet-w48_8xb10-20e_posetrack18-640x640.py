# DEKR, bottom-up, on frames of PoseTrack18, from its COCO weights. The
# network that rescores people knows COCO's keypoints only, so there is none;
# 20 epochs are a package default.
_base_ = 'mmpose::body_2d_keypoint/dekr/coco/dekr_hrnet-w48_8xb10-140e_coco-640x640.py'  # noqa: E501

custom_imports = dict(imports=['mmpose_video'], allow_failed_imports=False)

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/dekr/coco/'
    'dekr_hrnet-w48_8xb10-140e_coco-640x640_74796c32-20230124.pth')

train_cfg = dict(max_epochs=20, val_interval=1)
param_scheduler = [
    dict(step, end=20, milestones=[13, 17])
    if step.type == 'MultiStepLR' else step
    for step in _base_.param_scheduler
]

model = dict(head=dict(rescore_cfg=None))
find_unused_parameters = False

data_root = 'data/posetrack18/'
train_dataloader = dict(
    dataset=dict(
        type='PoseTrack18Dataset',
        data_root=data_root,
        ann_file='annotations/posetrack18_train.json',
        data_prefix=dict(img='')))
val_dataloader = dict(
    dataset=dict(
        type='PoseTrack18Dataset',
        data_root=data_root,
        ann_file='annotations/posetrack18_val.json',
        data_prefix=dict(img='')))
test_dataloader = val_dataloader

default_hooks = dict(checkpoint=dict(save_best='posetrack/AP'))
val_evaluator = dict(
    _delete_=True,
    type='PoseTrackAP',
    score_mode='keypoint',
    bbox_score_thr=0.)
test_evaluator = val_evaluator
