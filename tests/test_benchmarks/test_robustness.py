"""Degradations of test images."""
import argparse
from pathlib import Path

import numpy as np
import pytest
import robustness
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import TRANSFORMS

CONFIG = str(Path(__file__).parents[2] / 'configs/single_image' /
             'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')


@pytest.fixture
def frame(rng):
    return rng.integers(0, 256, (96, 64, 3), dtype=np.uint8)


def apply(column, frame):
    """The steps that a degradation puts in front of packing."""
    init_default_scope('mmpose')
    cfg = robustness.degraded(
        Config.fromfile(CONFIG), robustness.DEGRADATIONS[column])
    before = Config.fromfile(CONFIG).test_dataloader.dataset.pipeline
    pipeline = cfg.test_dataloader.dataset.pipeline
    assert pipeline[:len(before) - 1] == before[:-1]
    assert pipeline[-1] == before[-1]
    results = dict(img=[frame, frame[::-1].copy()])
    for step in pipeline[len(before) - 1:-1]:
        results = TRANSFORMS.build(step)(results)
    return results['img']


def test_nothing_changes_in_color(frame):
    assert (apply('color', frame)[0] == frame).all()


def test_grey_is_luminance_in_three_channels(frame):
    first, second = apply('grey', frame)
    wanted = frame.astype(float) @ [.114, .587, .299]
    np.testing.assert_allclose(first, wanted[..., None].repeat(3, -1), atol=1)
    assert (second == first[::-1]).all()


@pytest.mark.parametrize('column, factor', [('1/2', 2), ('1/4', 4)])
def test_low_resolution_has_no_fine_detail(column, factor, frame):
    got = apply(column, frame)[0]
    assert got.shape == frame.shape

    def fine(image):  # mean square within cells of the coarse grid
        cells = image.astype(float).reshape(
            96 // factor, factor, 64 // factor, factor, 3)
        return (cells - cells.mean((1, 3), keepdims=True)).var()

    assert fine(got) < 0.2 * fine(frame)


def test_infrared_is_grey_and_inverted_is_its_negative(frame):
    first = apply('infrared', frame)[0]
    assert (first == first[..., :1]).all()
    inverted = apply('inverted', frame)[0].astype(float)
    correlation = np.corrcoef(first.ravel(), inverted.ravel())[0, 1]
    assert correlation < -0.5


def test_another_end_of_the_pipeline_is_refused():
    cfg = Config.fromfile(CONFIG)
    cfg.test_dataloader.dataset.pipeline.pop()
    with pytest.raises(ValueError, match='must end in PackClipInputs'):
        robustness.degraded(cfg, [])


def test_models_are_files(tmp_path):
    weights = tmp_path / 'b.pth'
    weights.touch()
    assert robustness.parse_model(f'x={CONFIG}:{weights}') == (
        'x', CONFIG, str(weights))
    with pytest.raises(argparse.ArgumentTypeError, match='no file'):
        robustness.parse_model(f'x={CONFIG}:{tmp_path}/none.pth')


def test_table_marks_what_is_missing():
    text = robustness.table(dict(a=dict(color=50.04, grey=49.)))
    assert text.splitlines()[2].startswith('| a | 50.0 | 49.0 | - |')
