"""MoveNet's configs: pipeline, targets, losses, gradients, prediction."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, MODELS

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / 'configs/movenet').glob('*.py'))
#: The same as parameters; those of full size are slow.
TINY_IS_FAST = [
    pytest.param(path, marks=[] if '-tiny' in path.stem else pytest.mark.slow)
    for path in CONFIGS]
#: Keypoints of two people in an image of 200 x 160 pixels.
PEOPLE = np.random.RandomState(0).rand(2, 17, 2) * [60, 120] + [
    [[20, 20]], [[110, 25]]]


def load(path):
    init_default_scope('mmpose')
    return Config.fromfile(path)


def sample(cfg, several):
    """An annotated image as the dataset gives it."""
    people = PEOPLE if several else PEOPLE[:1]
    metainfo = parse_pose_metainfo(
        DATASETS.get(cfg.train_dataloader.dataset.type).METAINFO)
    image = np.random.RandomState(1).randint(
        0, 256, (160, 200, 3), dtype=np.uint8)
    return dict(
        img=image if several else [image],
        img_path='a.jpg', img_id=0, id=0,
        frame_offsets=np.zeros(1, int), frame_valid=np.ones(1, bool),
        key_index=0, img_shape=image.shape[:2], ori_shape=image.shape[:2],
        bbox=np.concatenate([people.min(1) - 4, people.max(1) + 4],
                            1).astype(np.float32),
        bbox_score=np.ones(len(people), np.float32),
        keypoints=people.astype(np.float32),
        keypoints_visible=np.ones(people.shape[:2], np.float32),
        category_id=[1] * len(people), id_list=[0],
        iscrowd=[0] * len(people), invalid_segs=[], segs=[],
        flip_indices=metainfo['flip_indices'],
        upper_body_ids=metainfo['upper_body_ids'],
        lower_body_ids=metainfo['lower_body_ids'],
        skeleton_links=metainfo['skeleton_links'],
        dataset_keypoint_weights=metainfo['dataset_keypoint_weights'])


def norm(cfg):
    """Batch normalization, as random weights need."""
    for part in (cfg.model.backbone, cfg.model.neck):
        part['norm_cfg'] = dict(type='BN')
    return cfg.model


@pytest.mark.parametrize('path', TINY_IS_FAST, ids=lambda path: path.stem)
def test_forward_and_backward(path):
    cfg = load(path)
    several = 'multipose' in path.stem
    model = MODELS.build(norm(cfg))
    model.init_weights()
    pipeline = Compose(cfg.train_dataloader.dataset.pipeline)
    data = pseudo_collate([pipeline(sample(cfg, several)) for _ in range(2)])
    model.train()
    total, logs = model.parse_losses(
        model(**model.data_preprocessor(data, training=True), mode='loss'))
    total.backward()
    assert torch.isfinite(total)
    assert {name for name in logs if name.startswith('loss')} >= {
        'loss', 'loss_center', 'loss_kpt', 'loss_displacement', 'loss_offset'}
    missing = [name for name, p in model.named_parameters() if p.grad is None]
    assert not missing
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())

    model.eval()
    pipeline = Compose(cfg.val_dataloader.dataset.pipeline)
    data = pseudo_collate([pipeline(sample(cfg, several))])
    with torch.no_grad():
        found = model(**model.data_preprocessor(data),
                      mode='predict')[0].pred_instances
    people = cfg.model.head.decoder.get('max_people', 6) if several else 1
    assert found.keypoints.shape == (people, 17, 2)
    assert np.isfinite(found.keypoints).all()
    if several:
        assert found.bboxes.shape == (people, 4)
        # boxes of the image, not of the network's input
        assert (found.bboxes[:, 2] <= 200 + 1).all()


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_parts_fit_together(path):
    cfg = load(path)
    codec = cfg.model.head.decoder
    width, height = codec.input_size
    assert path.stem.endswith(f'-{width}x{height}')
    assert codec.heatmap_size == (width // 4, height // 4)
    steps = cfg.val_dataloader.dataset.pipeline
    sizes = [step.input_size for step in steps if 'input_size' in step]
    assert sizes == [(width, height)]
    metainfo = parse_pose_metainfo(
        DATASETS.get(cfg.test_dataloader.dataset.type).METAINFO)
    assert cfg.model.head.get('num_keypoints', 17) == metainfo[
        'num_keypoints']
    # read by MMPoseInferencer; datasets are top-down unless they say else
    assert cfg.data_mode == cfg.test_dataloader.dataset.get(
        'data_mode', 'topdown')
    assert cfg.default_hooks.checkpoint.save_best
