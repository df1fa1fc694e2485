"""A small model, and a rendered clip as a dataset, a folder and a video."""
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.datasets.synthetic import SyntheticConfig, generate

ROOT = Path(__file__).parents[2]
NUM_FRAMES = 9


@pytest.fixture(scope='session')
def clip_set(tmp_path_factory):
    """A rendered dataset with one clip to test on."""
    folder = tmp_path_factory.mktemp('inference')
    generate(
        str(folder),
        SyntheticConfig(
            width=160, height=120, train_videos=0, val_videos=1,
            frames=NUM_FRAMES, people=(2, 2), difficulty='easy', seed=3))
    return folder


@pytest.fixture(scope='session')
def clip_dir(clip_set):
    """Its frames."""
    folder, = (clip_set / 'images' / 'val').iterdir()
    return folder


@pytest.fixture(scope='session')
def clip_file(clip_set):
    """Its annotations."""
    file, = (clip_set / 'annotations' / 'val').glob('*.json')
    return file


@pytest.fixture(scope='session')
def images(clip_dir):
    return [cv2.imread(str(p)) for p in sorted(clip_dir.iterdir())]


def small_config(clip_set=None, flip=False, kind='glsmamba'):
    method = 'td-hm' if kind == 'baseline' else kind
    path, = (ROOT / 'configs').glob(
        f'*/{method}_hrnet-tiny_*synthetic*.py')
    cfg = Config.fromfile(str(path))
    for loader in (cfg.val_dataloader, cfg.test_dataloader):
        loader.update(num_workers=0, persistent_workers=False, batch_size=4)
        if clip_set is not None:
            loader.dataset.data_root = f'{clip_set}/'
    cfg.model.test_cfg = dict(flip_test=flip)
    return cfg


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    """Random weights, whose heatmaps have clear maxima."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(small_config().model)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(
                parameter, std=parameter[0].numel()**-0.5)
    path = tmp_path_factory.mktemp('weights') / 'random.pth'
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return str(path)


@pytest.fixture(scope='session')
def inferencer(clip_set, checkpoint):
    return VideoPoseInferencer(
        small_config(clip_set), checkpoint, device='cpu', batch_size=4)


@pytest.fixture(scope='session')
def make_config():
    return small_config


@pytest.fixture(scope='session')
def points_of():
    """Keypoints of each frame of some results, (P, K, 2)."""

    def points(results):
        return [np.array([p['keypoints'] for p in r['predictions'][0]])
                for r in results]

    return points
