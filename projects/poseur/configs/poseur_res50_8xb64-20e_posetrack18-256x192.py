# Frames of PoseTrack18, the same network and recipe in 20 epochs (package
# default, of no paper).
_base_ = './poseur_res50_8xb32-325e_coco-256x192.py'

train_cfg = dict(max_epochs=20, val_interval=1)
param_scheduler = [
    dict(
        type='LinearLR', start_factor=0.001, begin=0, end=500,
        by_epoch=False),
    dict(type='MultiStepLR', milestones=[15, 18], gamma=0.1, by_epoch=True),
]

data_root = 'data/posetrack18/'
dataset = dict(
    type='PoseTrack18ClipDataset',
    data_root=data_root,
    data_prefix=dict(img=''))
train_dataloader = dict(
    batch_size=64,
    collate_fn=dict(type='collate_clips'),
    dataset=dict(ann_file='annotations/posetrack18_train.json', **dataset))
val_dataloader = dict(
    collate_fn=dict(type='collate_clips'),
    dataset=dict(
        ann_file='annotations/posetrack18_val.json',
        bbox_file=None,
        **dataset))
test_dataloader = val_dataloader

val_evaluator = dict(_delete_=True, type='PoseTrackAP')
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='posetrack/AP', interval=1))
