"""The configs called published load clips as the released code does."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS, init_default_scope
from mmpose.registry import DATASETS

from ..conftest import annotation

CONFIGS = Path(__file__).parents[2] / 'configs'
#: Method: whether the frames at the ends of a video and the crop are those of
#: FAMI-Pose's code, and the frames of a clip in the second frame of a video.
RULES = {
    'dcpose': (False, [0, 1, 2]),
    'fami': (True, [0, 1, 1, 2, 3]),
    'tdmi': (True, [0, 1, 1, 2, 3]),
    'poseidon': (False, [0, 0, 1, 2, 3]),
    'tarvitpose': (False, [0, 0, 1, 2, 3]),
}
PATHS = [path for method in RULES
         for path in sorted((CONFIGS / method).glob('*-published_*.py'))]


@pytest.mark.parametrize('path', PATHS, ids=lambda path: path.stem)
def test_samples_by_hand(path, tmp_path, make_video, make_annotations):
    """A box that begins outside, in the second frame of a video."""
    like_fami, frames = RULES[path.parent.name]
    make_video()  # the gray of a frame is its number
    points = np.array([[20, 30, 2]] * 3 + [[0, 0, 0]] * 14)
    ann_file = make_annotations(key_frames=(1, ), annotations=[
        annotation(1, 1000, bbox=(-6, 4, 24, 40),
                   keypoints=points.ravel().tolist())])
    loaded = Config.fromfile(path)
    config = loaded.val_dataloader.dataset
    init_default_scope('mmpose')
    config.update(
        type='PoseTrack18ClipDataset', data_root=str(tmp_path),
        ann_file=ann_file.name, data_prefix=dict(img=''),
        pipeline=config.pipeline[:-1])  # without the packing
    sample, = DATASETS.build(config)

    # it begins at 0, and ends at the center of its last pixel
    corners = np.array([0, 4, 23, 43])
    assert sample['bbox'][0].tolist() == corners.tolist()
    center = (corners[:2] + corners[2:]) / 2
    height = (corners[3] - corners[1]) * 1.25
    width = height * 288 / 384  # the box is narrower
    np.testing.assert_allclose(sample['input_center'], center)
    np.testing.assert_allclose(sample['input_scale'], (width, height))
    zoom = 287 / (width - 1) if like_fami else 288 / width
    middle = np.array([287, 383]) / 2 if like_fami else np.array([144, 192])
    np.testing.assert_allclose(
        sample['transformed_keypoints'][0, :3],
        [middle + ([20, 30] - center) * zoom] * 3, rtol=1e-5)
    # by a pixel in the middle of each crop
    assert [round(frame[192, 144].mean()) for frame in sample['img']
            ] == frames


@pytest.mark.parametrize('path', PATHS, ids=lambda path: path.stem)
def test_draws_of_the_training(path):
    train = Config.fromfile(path).train_dataloader.dataset
    assert train.bbox_clipping == 'shift'
    types = [step.type for step in train.pipeline]
    assert types.index('RandomClippedBBoxTransform') < types.index(
        'TopdownClipAffine') < types.index('HideOutsideKeypoints') < (
            types.index('GenerateTarget'))
    crop = train.pipeline[types.index('TopdownClipAffine')]
    assert crop.get('use_dark', False) == RULES[path.parent.name][0]


@pytest.mark.parametrize('name, lr, drops, epochs', [
    # the 0-based epochs from which the rate is a tenth
    ('fami/fami_hrnet-w48_1xb48-21e_posetrack17-384x288', 1e-3, (8, 12, 16),
     21),
    ('dcpose/dcpose_hrnet-w48_2xb32-20e_posetrack17-384x288', 1e-3,
     (5, 9, 13, 17), 20),
    ('tdmi/tdmi-published_hrnet-w48_1xb24-20e_posetrack17-384x288', 1e-3,
     (6, 12, 18), 20)])
def test_rates_of_the_released_code(name, lr, drops, epochs):
    config = Config.fromfile(CONFIGS / f'{name}.py')
    assert config.train_cfg.max_epochs == epochs
    assert config.optim_wrapper.optimizer.type == 'Adam'
    optimizer = torch.optim.Adam(
        [torch.nn.Parameter(torch.zeros(1))],
        lr=config.optim_wrapper.optimizer.lr)
    schedulers = [
        PARAM_SCHEDULERS.build(dict(scheduler, optimizer=optimizer))
        for scheduler in config.param_scheduler]
    for epoch in range(epochs):
        assert optimizer.param_groups[0]['lr'] == pytest.approx(
            lr * 0.1**sum(epoch >= drop for drop in drops))
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
