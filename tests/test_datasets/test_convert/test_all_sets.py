"""From the owners' layout to a metric, with the configs that users have."""
from pathlib import Path

import numpy as np
import pytest
from mmengine import DefaultScope
from mmengine.config import Config
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS, METRICS

from mmpose_video.datasets.convert.cli import main

from . import layouts

CONFIGS = Path(__file__).parents[3] / 'configs/_base_'


def posetrack(write):
    def both(root):
        for split in ('train', 'val'):
            write(root / split, videos=1, split=split)
            assert main([write.__name__, str(root / split), str(root)]) == 0
            # ids are unique in a split, links to the images are not
            (root / 'images').unlink()
        (root / 'images').mkdir()
        for split in ('train', 'val'):
            for path in (root / split / 'images').iterdir():
                target = root / 'images' / path.name
                if not target.exists():
                    target.symlink_to(path)

    return both


def jhmdb(root):
    layouts.jhmdb(root)
    assert main(['jhmdb', str(root), str(root)]) == 0


def hieve(root):
    layouts.hieve(root)
    assert main(['hieve', str(root), str(root), '--val', '2']) == 0


SETS = {
    'posetrack17': (posetrack(layouts.posetrack17), 17, 'posetrack/AP'),
    'posetrack18': (posetrack(layouts.posetrack18), 17, 'posetrack/AP'),
    'posetrack21': (posetrack(layouts.posetrack21), 17, 'posetrack/AP'),
    'sub-jhmdb': (jhmdb, 15, 'jhmdb/PCK'),
    'hieve': (hieve, 14, 'hieve/Knee AP'),
}


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


@pytest.mark.parametrize('name', SETS)
def test_convert_read_and_evaluate(name, tmp_path):
    prepare, num, key = SETS[name]
    prepare(tmp_path)
    config = Config.fromfile(CONFIGS / f'datasets/{name}_video.py')
    pipelines = Config.fromfile(CONFIGS / 'pipelines/clip_96x64.py')

    def build(loader, pipeline):
        loader.dataset.update(data_root=str(tmp_path), pipeline=pipeline)
        return DATASETS.build(loader.dataset)

    train = build(config.train_dataloader, pipelines.train_pipeline)
    assert len(train) >= 6
    for i in range(3):
        packed = train[i]
        assert packed['inputs'].shape == (5, 3, 96, 64)
        heatmaps = packed['data_samples'].gt_fields.heatmaps
        assert heatmaps.shape == (num, 24, 16)
        assert heatmaps.max() > .5

    val = build(config.val_dataloader, pipelines.val_pipeline)
    metric = METRICS.build(config.val_evaluator)
    metric.dataset_meta = val.metainfo
    for i in range(len(val)):
        sample = val[i]['data_samples']
        assert sample.img_path.startswith(str(tmp_path))
        gt = sample.gt_instances
        sample.pred_instances = InstanceData(
            keypoints=gt.keypoints, bboxes=gt.bboxes,
            bbox_scores=gt.bbox_scores,
            # keypoints that nobody labeled are predicted with less confidence
            keypoint_scores=.1 + .9 * gt.keypoints_visible)
        metric.process(None, [sample.to_dict()])
    scores = metric.evaluate(len(val))
    best = 1 if name == 'sub-jhmdb' else 100
    assert np.isfinite(scores[key]) and scores[key] > .95 * best
