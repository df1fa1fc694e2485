# YOLOX-Pose on frames of PoseTrack18.
_base_ = 'mmpose::body_2d_keypoint/yoloxpose/coco/yoloxpose_s_8xb32-300e_coco-640.py'  # noqa: E501

custom_imports = dict(
    imports=['mmpose_video', 'projects.yolopose'], allow_failed_imports=False)

model = dict(
    head=dict(
        type='YOLOPoseHead',
        loss_oks=dict(metainfo='configs/_base_/datasets/posetrack18.py')))

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

default_hooks = dict(
    checkpoint=dict(save_best='posetrack/AP', rule='greater'))
val_evaluator = dict(
    _delete_=True, type='PoseTrackAP', bbox_score_thr=0.)
test_evaluator = val_evaluator

custom_hooks = [
    dict(hook, type='ResumedModeSwitchHook')
    if hook.type == 'YOLOXPoseModeSwitchHook' else hook
    for hook in _base_.custom_hooks
]
