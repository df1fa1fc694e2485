# Sub-JHMDB, split 1, as clips of five frames. The literature averages three
# splits with a model each; for the others set, for instance:
#   train_dataloader.dataset.ann_file='annotations/Sub2_train.json'
#   val_dataloader.dataset.ann_file='annotations/Sub2_test.json'
#   test_dataloader = val_dataloader
_base_ = './posetrack18_video.py'

dataset_type = 'SubJhmdbClipDataset'
data_root = 'data/jhmdb/'

train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/Sub1_train.json'))
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/Sub1_test.json'))
test_dataloader = val_dataloader

val_evaluator = dict(_delete_=True, type='SubJhmdbPCK', thr=0.2)
test_evaluator = val_evaluator
