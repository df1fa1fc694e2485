"""A tiny model, a rendered video and results of it."""
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.app.menu import Menu
from mmpose_video.app.workspace import Workspace
from mmpose_video.datasets.synthetic import SyntheticConfig, generate
from mmpose_video.formats.results import (
    FrameResult,
    PersonResult,
    PoseResults,
    RunInfo,
)

ROOT = Path(__file__).parents[2]
NUM_FRAMES = 9
FPS = 10
NAMES = ('nose', 'left_wrist', 'right_wrist')


@pytest.fixture(scope='session')
def rendered(tmp_path_factory):
    """A video of two rendered people."""
    folder = tmp_path_factory.mktemp('rendered')
    generate(
        str(folder),
        SyntheticConfig(
            width=160, height=120, train_videos=0, val_videos=1,
            frames=NUM_FRAMES, people=(2, 2), difficulty='easy', seed=3))
    clip, = (folder / 'images' / 'val').iterdir()
    path = folder / 'two people.avi'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*'MJPG'), FPS, (160, 120))
    for name in sorted(clip.iterdir()):
        writer.write(cv2.imread(str(name)))
    writer.release()
    return path


@pytest.fixture(scope='session')
def tiny_model(tmp_path_factory):
    """Config and checkpoint of a small video model with random weights."""
    folder = tmp_path_factory.mktemp('tiny')
    source, = (ROOT / 'configs' / 'glsmamba').glob(
        'glsmamba_hrnet-tiny_1xb16-4e_synthetic*.py')
    config = Config.fromfile(str(source))
    config.model.test_cfg = dict(flip_test=False)
    path = folder / 'tiny.py'
    config.dump(str(path))
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(
                parameter, std=parameter[0].numel()**-0.5)
    torch.save(dict(state_dict=model.state_dict(), meta={}),
               folder / 'tiny.pth')
    return str(path), str(folder / 'tiny.pth')


@pytest.fixture(scope='session')
def menu(tiny_model):
    return Menu([tiny_model])


@pytest.fixture
def workspace(tmp_path):
    return Workspace(str(tmp_path / 'app'))


@pytest.fixture
def make_results():
    """Results of people at given places: {frame: [(x, y, track), ...]}."""

    def make(people, names=NAMES, fps=FPS, shift=0.):
        frames = []
        for number, places in people.items():
            frames.append(FrameResult(number, [
                PersonResult(
                    np.array([[x + 10 * k + shift, y]
                              for k in range(len(names))], dtype=float),
                    np.full(len(names), 0.5),
                    np.array([x, y, x + 40., y + 10.]),
                    track_id=track)
                for x, y, track in places
            ]))
        return PoseResults(RunInfo.of(names, fps=fps), frames)

    return make
