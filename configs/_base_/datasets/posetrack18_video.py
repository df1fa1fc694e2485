# PoseTrack18 as clips of five frames; ground-truth boxes for testing. For
# detected boxes add to val_dataloader.dataset (see docs/datasets.md):
#   bbox_file='data/posetrack18/annotations/'
#             'posetrack18_val_human_detections.json', bbox_score_thr=0.2
dataset_type = 'PoseTrack18ClipDataset'
data_mode = 'topdown'
data_root = 'data/posetrack18/'

clip_sampler = dict(type='FixedOffsets', offsets=(-2, -1, 0, 1, 2))

train_dataloader = dict(
    batch_size=16,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,  # a lone clip cannot be normalized by its batch
    collate_fn=dict(type='collate_clips'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/posetrack18_train.json',
        data_prefix=dict(img=''),
        clip_sampler=clip_sampler))
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    drop_last=False,
    collate_fn=dict(type='collate_clips'),
    sampler=dict(type='VideoOrderSampler'),
    batch_sampler=dict(type='WorkerRunBatchSampler'),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/posetrack18_val.json',
        data_prefix=dict(img=''),
        clip_sampler=clip_sampler,
        test_mode=True))
test_dataloader = val_dataloader

val_evaluator = dict(type='PoseTrackAP')
test_evaluator = val_evaluator
