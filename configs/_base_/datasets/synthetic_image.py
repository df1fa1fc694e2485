# Whole images of the clips that the package renders itself, with all people
# in them, for bottom-up and one-stage models:
#   mmpose-video render data/synthetic/hard
data_mode = 'bottomup'  # read by MMPoseInferencer
data_root = 'data/synthetic/hard/'
dataset = dict(
    type='PoseTrack18Dataset',
    data_root=data_root,
    data_mode=data_mode,
    data_prefix=dict(img=''))

train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(ann_file='annotations/posetrack18_train.json', **dataset))
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False, round_up=False),
    dataset=dict(
        ann_file='annotations/posetrack18_val.json',
        test_mode=True,
        **dataset))
test_dataloader = val_dataloader

val_evaluator = dict(type='PoseTrackAP', bbox_score_thr=0.)
test_evaluator = val_evaluator
