# Test a model trained on COCO on OCHuman, with ground-truth boxes. The same
# keypoints; people who cover each other.
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192.py'  # noqa: E501

custom_imports = dict(imports=['mmpose_video'], allow_failed_imports=False)

load_from = (
    'https://download.openmmlab.com/mmpose/v1/body_2d_keypoint/'
    'topdown_heatmap/coco/'
    'td-hm_hrnet-w32_8xb64-210e_coco-256x192-81c58e40_20220909.pth')

data_root = 'data/ochuman/'
ann_file = 'annotations/ochuman_coco_format_test_range_0.00_1.00.json'
val_dataloader = dict(
    dataset=dict(
        type='OCHumanDataset',
        data_root=data_root,
        ann_file=ann_file,
        bbox_file=None,
        data_prefix=dict(img='images/')))
test_dataloader = val_dataloader

val_evaluator = [
    dict(type='CocoMetric', ann_file=data_root + ann_file, use_area=False),
    dict(type='PoseErrorKinds', ann_file=data_root + ann_file),
]
test_evaluator = val_evaluator
