# PoseTrack18: `input_pose` is a folder that PoseTrackAP wrote (`dump_dir`).
_base_ = './posefix_res152_8xb16-140e_coco-384x288.py'

input_pose = 'data/posetrack18/input_pose'
data_root = 'data/posetrack18/'
dataset = dict(
    type='PoseFixPoseTrack18Dataset',
    data_root=data_root,
    data_prefix=dict(img=''))

train_dataloader = dict(
    dataset=dict(ann_file='annotations/posetrack18_train.json', **dataset))
val_dataloader = dict(
    dataset=dict(
        ann_file='annotations/posetrack18_val.json',
        input_pose=input_pose,
        **dataset))
test_dataloader = val_dataloader

val_evaluator = dict(
    _delete_=True,
    type='PoseTrackAP',
    score_mode='keypoint',
    bbox_score_thr=0.)
test_evaluator = val_evaluator

default_hooks = dict(checkpoint=dict(save_best='posetrack/AP'))
