"""Configs of image datasets: they build, and the converters are right."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, METRICS, MODELS
from mmpose.testing import get_packed_inputs

from mmpose_video.formats.keypoints import COCO_KEYPOINTS
from mmpose_video.tools.get_flops import without_pretrained

PROJECT = Path(__file__).parents[3] / 'projects' / 'image_sets'
CONFIGS = sorted((PROJECT / 'configs').glob('*.py'))
TO_CROWDPOSE = [path for path in CONFIGS if 'coco-to-crowdpose' in path.stem]
CROWDPOSE = [
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle', 'top_head', 'neck']


def load(path):
    init_default_scope('mmpose')
    return Config.fromfile(path)


@pytest.fixture
def crowd(tmp_path, rng):
    """CrowdPose labels of three people, one with head and neck alone."""
    anns = []
    for i in range(3):
        points = np.concatenate(
            [rng.uniform(5, 90, (14, 2)), np.full((14, 1), 2)], axis=1)
        if i == 2:
            points[:12] = 0
        anns.append(dict(
            id=i + 1, image_id=1, category_id=1, iscrowd=0,
            bbox=[5, 5, 85, 85], area=7000,
            num_keypoints=int((points[:, 2] > 0).sum()),
            keypoints=points.ravel().tolist()))
    path = tmp_path / 'crowd.json'
    path.write_text(json.dumps(dict(
        images=[dict(id=1, width=100, height=100, file_name='a.jpg',
                     crowdIndex=0.3)],
        annotations=anns,
        categories=[dict(id=1, name='person', keypoints=CROWDPOSE,
                         skeleton=[])])))
    cv2.imwrite(str(tmp_path / 'a.jpg'), np.zeros((100, 100, 3), np.uint8))
    return path, anns


@pytest.mark.parametrize('path', TO_CROWDPOSE, ids=lambda path: path.stem)
def test_cocos_keypoints_are_compared_with_crowdposes(path, crowd):
    cfg = load(path)
    file, anns = crowd
    config = dict(cfg.test_evaluator, ann_file=str(file))
    for key in ('gt_converter', 'pred_converter'):
        pairs = config[key]['mapping']
        assert len(pairs) == config[key]['num_keypoints'] == 12
    for (source, target), (same, _) in zip(
            config['pred_converter']['mapping'],
            config['gt_converter']['mapping']):
        assert COCO_KEYPOINTS[source] == CROWDPOSE[same]
        assert source == target + 5
    metric = METRICS.build(config)
    metric.dataset_meta = DATASETS.get('CrowdPoseDataset')(
        lazy_init=True, test_mode=True).metainfo
    for ann in anns[:2]:
        points = np.reshape(ann['keypoints'], (14, 3))
        pose = np.zeros((1, 17, 2))
        pose[0, 5:] = points[:12, :2]
        metric.process([], [dict(
            id=ann['id'], img_id=1, category_id=1, crowd_index=0.3,
            gt_instances=dict(bbox_scales=np.array([[85., 85.]])),
            pred_instances=dict(
                keypoints=pose, keypoint_scores=np.full((1, 17), 0.9),
                bboxes=np.array([[5., 5., 90., 90.]]),
                bbox_scales=np.array([[85., 85.]]),
                bbox_scores=np.ones(1)))])
    # the labels as predictions: all of the people that count are found
    assert metric.evaluate(2)['crowdpose/AP'] == pytest.approx(1.)


def test_other_numbers_of_keypoints_are_refused(crowd):
    cfg = load(TO_CROWDPOSE[0])
    file, _ = crowd
    metric = METRICS.build(dict(cfg.test_evaluator, ann_file=str(file)))
    sample = dict(pred_instances=dict(keypoints=np.zeros((1, 14, 2))))
    with pytest.raises(ValueError, match='predicts 14 .* needs 17'):
        metric.process([], [sample])
    content = json.loads(file.read_text())
    content['annotations'][1]['keypoints'] = [1] * 15
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match='annotation 2 .* has 5 keypoints'):
        METRICS.build(dict(cfg.test_evaluator, ann_file=str(file)))


@pytest.mark.slow
@pytest.mark.parametrize('path', TO_CROWDPOSE, ids=lambda path: path.stem)
def test_the_model_mirrors_cocos_keypoints_on_crowdpose(path, crowd):
    cfg = load(path)
    file, _ = crowd
    dataset = DATASETS.build(dict(
        cfg.test_dataloader.dataset, data_root='', ann_file=str(file),
        bbox_file='', data_prefix=dict(img=str(file.parent))))
    config = without_pretrained(cfg.model.to_dict())
    model = MODELS.build(config).eval()
    assert model.test_cfg['flip_test']
    sample = dataset[0]
    assert len(sample['data_samples'].metainfo['flip_indices']) == 14
    batch = dict(inputs=[sample['inputs']],
                 data_samples=[sample['data_samples']])
    with torch.no_grad():
        found = model(**model.data_preprocessor(batch), mode='predict')[0]
    assert found.pred_instances.keypoints.shape == (1, 17, 2)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_parts_fit_together(path):
    cfg = load(path)
    codec = cfg.model.head.decoder
    for loader in (cfg.val_dataloader, cfg.test_dataloader):
        dataset = DATASETS.get(loader.dataset.type)
        num = dataset(lazy_init=True, test_mode=True).metainfo[
            'num_keypoints']
        head = cfg.model.head.get('out_channels') or cfg.model.head.get(
            'num_keypoints')
        assert head == num or 'to-crowdpose' in path.stem
    udp = [t.get('use_udp', False) for t in cfg.test_dataloader.dataset
           .pipeline if t.type == 'TopdownAffine']
    assert all(flag == (codec.type == 'UDPHeatmap') for flag in udp)
    if codec.type == 'UDPHeatmap':
        assert not cfg.model.test_cfg.shift_heatmap
    evaluators = cfg.test_evaluator
    for evaluator in evaluators if isinstance(evaluators, list) else [
            evaluators]:
        if evaluator.type == 'CommonKeypointsMetric':
            continue  # it reads its file at once
        METRICS.build({key: value for key, value in evaluator.items()
                       if key != 'ann_file'})


@pytest.mark.slow
@pytest.mark.parametrize('path', [
    path for path in CONFIGS if 'coco-to' not in path.stem],
    ids=lambda path: path.stem)
def test_configs_run_forward_and_backward(path):
    cfg = load(path)
    model = MODELS.build(without_pretrained(cfg.model.to_dict()))
    codec = model.head.decoder
    width, height = codec.input_size
    num = cfg.model.head.get('out_channels') or cfg.model.head.num_keypoints
    data = get_packed_inputs(
        1, num_keypoints=num, input_size=(width, height),
        img_shape=(height, width), heatmap_size=tuple(codec.heatmap_size),
        with_heatmap=False)
    sample = data['data_samples'][0]
    encoded = codec.encode(np.random.uniform(20, 200, (1, num, 2)),
                           np.ones((1, num)))
    for key in ('heatmaps', 'heatmap_weights', 'displacements',
                'displacement_weights'):
        if key in encoded:
            if 'gt_fields' not in sample:
                from mmengine.structures import PixelData
                sample.gt_fields = PixelData()
            sample.gt_fields.set_field(
                torch.from_numpy(encoded[key]), key)
    losses = model(**model.data_preprocessor(data, True), mode='loss')
    loss, _ = model.parse_losses(losses)
    loss.backward()
    assert torch.isfinite(loss)
    assert model.backbone.conv1.weight.grad.abs().sum() > 0
