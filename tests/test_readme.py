"""The code of the README and the docs runs as printed."""
import json
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, METRICS, MODELS
from mmpose.testing import get_packed_inputs

from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS

ROOT = Path(__file__).parents[1]


def python_blocks(document):
    """Return the Python code of a page, block by block."""
    return re.findall(r'```python\n(.*?)```', (ROOT / document).read_text(),
                      re.DOTALL)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A working folder in which the pages' paths exist."""
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    init_default_scope('mmpose')
    return tmp_path


def clips(cfg, num=2):
    """Return a batch of random clips and samples for a config."""
    pipeline = cfg.train_dataloader.dataset.pipeline
    width, height = cfg.codec.input_size
    sampler = CLIP_SAMPLERS.build(cfg.train_dataloader.dataset.clip_sampler)
    assert pipeline[0].type == 'LoadClip'
    batch = get_packed_inputs(
        num, img_shape=(height, width), input_size=(width, height),
        heatmap_size=cfg.codec.heatmap_size,
        num_keypoints=cfg.model.head.out_channels)
    offsets = np.array(sampler())
    batch['inputs'] = [torch.rand(len(offsets), 3, height, width)
                       for _ in range(num)]
    for sample in batch['data_samples']:
        sample.set_metainfo(dict(
            frame_offsets=offsets, key_index=offsets.tolist().index(0),
            frame_valid=np.ones(len(offsets), bool)))
    return batch


def step(cfg):
    """Build a config's model and return its losses and itself."""
    model = MODELS.build(cfg.model)
    batch = clips(cfg)
    losses = model(torch.stack(batch['inputs']), batch['data_samples'],
                   mode='loss')
    sum(value for name, value in losses.items()
        if 'loss' in name).backward()
    return model, losses


def test_the_neck_in_thirty_lines(checkout, monkeypatch):
    neck, config = python_blocks('README.md')
    assert len(neck.splitlines()) <= 30
    # saved under the names that the README gives
    (checkout / 'weighted_mean_neck.py').write_text(neck)
    (checkout / 'weighted_mean.py').write_text(config)
    cfg = Config.fromfile('weighted_mean.py')  # imports the neck
    try:
        model, losses = step(cfg)
        # clips of several frames, and an objective that says something
        assert clips(cfg)['inputs'][0].shape[0] > 1
        assert abs(losses['loss_entropy'].item()) > 0
        assert model.neck.proj.weight.grad.abs().sum() > 0
    finally:
        MODELS.module_dict.pop('WeightedMeanNeck')
        sys.modules.pop('weighted_mean_neck')


def test_own_keypoints(checkout):
    """The config of the page reads labels, trains and is evaluated."""
    code, = python_blocks('docs/own_keypoints.md')
    (checkout / 'five.py').write_text(code)
    cfg = Config.fromfile('five.py')
    root = checkout / 'data' / 'five'
    (root / 'images' / 'video').mkdir(parents=True)
    for number in range(3):
        cv2.imwrite(str(root / 'images' / 'video' / f'{number:06d}.jpg'),
                    np.full((80, 60, 3), 60 * number, np.uint8))
    points = [30, 10, 2, 10, 40, 2, 50, 40, 2, 20, 70, 2, 40, 70, 0]
    labels = dict(
        images=[dict(id=1, file_name='video/000001.jpg', width=60,
                     height=80)],
        annotations=[dict(id=1, image_id=1, category_id=1, area=3000,
                          iscrowd=0, bbox=[5, 5, 50, 70], keypoints=points,
                          num_keypoints=4)],
        categories=[dict(id=1, name='person')])
    (root / 'train.json').write_text(json.dumps(labels))
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    sample = dataset[0]
    assert sample['inputs'].shape[:2] == (3, 3)
    instances = sample['data_samples'].gt_instances
    np.testing.assert_array_equal(
        instances.keypoints[0], np.reshape(points, (5, 3))[:, :2])
    assert dataset.metainfo['flip_indices'] == [0, 2, 1, 4, 3]

    model, _ = step(cfg)
    model.eval()
    found = model(sample['inputs'][None].float(), [sample['data_samples']],
                  mode='predict')
    assert found[0].pred_instances.keypoints.shape == (1, 5, 2)
    metric = METRICS.build(cfg.val_evaluator)
    metric.dataset_meta = dataset.metainfo
    metric.process(None, [found[0].to_dict()])
    assert cfg.default_hooks.checkpoint.save_best in metric.evaluate(1)


@pytest.mark.parametrize(
    'document', ['README.md'] + sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ('docs', 'configs', 'projects')
        for path in (ROOT / folder).rglob('*.md')))
def test_links_and_named_files_exist(document):
    path = ROOT / document
    text = path.read_text()
    links = re.findall(r'\]\((?!https?:|#)([^)#]+)', text)
    named = re.findall(r'(?<![\w/.<*])(configs/[\w./-]+\.py)', text)
    missing = [link for link in links if not (path.parent / link).exists()]
    missing += [name for name in named if not (ROOT / name).exists()]
    assert not missing
