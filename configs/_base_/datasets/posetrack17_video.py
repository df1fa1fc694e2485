# PoseTrack2017 as clips of five frames, converted to COCO's style.
_base_ = './posetrack18_video.py'

dataset_type = 'PoseTrack17ClipDataset'
data_root = 'data/posetrack17/'

train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/posetrack17_train.json'))
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/posetrack17_val.json'))
test_dataloader = val_dataloader
