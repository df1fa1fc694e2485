# AdaptivePose++: with bone terms, on CrowdPose (14 keypoints, training on
# train and val). The head and the neck are a part; there is no face.
_base_ = './adaptivepose_hrnet-w32_8xb8-280e_coco-512x512.py'

model = dict(
    head=dict(
        num_keypoints=14,
        parts=((0, 1), (2, 4), (3, 5), (6, 7), (8, 10), (9, 11), (12, 13)),
        bones=((12, 13), (13, 0), (13, 1), (0, 2), (2, 4), (1, 3), (3, 5),
               (0, 6), (1, 7), (6, 8), (8, 10), (7, 9), (9, 11)),
        oks_loss=dict(metainfo='configs/_base_/datasets/crowdpose.py')))

data_root = 'data/crowdpose/'
train_dataloader = dict(
    dataset=dict(
        type='CrowdPoseDataset',
        data_root=data_root,
        ann_file='annotations/mmpose_crowdpose_trainval.json',
        data_prefix=dict(img='images/')))
val_dataloader = dict(
    dataset=dict(
        type='CrowdPoseDataset',
        data_root=data_root,
        ann_file='annotations/mmpose_crowdpose_test.json',
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader

default_hooks = dict(checkpoint=dict(save_best='crowdpose/AP'))
val_evaluator = dict(
    ann_file=data_root + 'annotations/mmpose_crowdpose_test.json',
    use_area=False,
    iou_type='keypoints_crowd',
    prefix='crowdpose')
test_evaluator = val_evaluator
