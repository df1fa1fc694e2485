# HiEve as clips of five frames. The test labels are not public: name videos
# to hold out when you convert (--val).
_base_ = './posetrack18_video.py'

dataset_type = 'HiEveClipDataset'
data_root = 'data/hieve/'

train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/hieve_train.json'))
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/hieve_val.json'))
test_dataloader = val_dataloader

val_evaluator = dict(_delete_=True, type='HiEveAP')
test_evaluator = val_evaluator
