# Frames of PoseTrack18.
_base_ = './adaptivepose_hrnet-w32_8xb8-280e_coco-512x512.py'

model = dict(
    head=dict(
        oks_loss=dict(metainfo='configs/_base_/datasets/posetrack18.py')))

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
