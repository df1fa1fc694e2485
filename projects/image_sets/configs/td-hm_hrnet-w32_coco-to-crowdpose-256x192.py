# Test a model trained on COCO on CrowdPose: the twelve keypoints that both
# have, without CrowdPose's top of the head and neck.
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192.py'  # noqa: E501

custom_imports = dict(
    imports=['mmpose_video', 'projects.image_sets'],
    allow_failed_imports=False)

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
    'topdown_heatmap/coco/'
    'td-hm_hrnet-w32_8xb64-210e_coco-256x192-81c58e40_20220909.pth')

# The model mirrors COCO's keypoints; the dataset would tell it CrowdPose's.
model = dict(
    metainfo=dict(from_file='configs/_base_/datasets/coco.py'))

data_root = 'data/crowdpose/'
val_dataloader = dict(
    dataset=dict(
        type='CrowdPoseDataset',
        data_root=data_root,
        ann_file='annotations/mmpose_crowdpose_test.json',
        bbox_file=data_root + 'annotations/det_for_crowd_test_0.1_0.5.json',
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader

val_evaluator = dict(
    type='CommonKeypointsMetric',
    ann_file=data_root + 'annotations/mmpose_crowdpose_test.json',
    use_area=False,
    iou_type='keypoints_crowd',
    prefix='crowdpose',
    gt_converter=dict(
        num_keypoints=12,
        mapping=[(i, i) for i in range(12)]),
    pred_converter=dict(
        num_keypoints=12,
        mapping=[(i + 5, i) for i in range(12)]))
test_evaluator = val_evaluator
