"""MoveNet against TensorFlow.js: maps, coordinates, scores and boxes.

See ``movenet_material.py``. The graphs with drawn weights need nothing; those
with the published ones are in an npm package, so these tests skip without it.
"""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.weights import WeightsError, get_weights
from mmpose_video.weights.converters import CONVERTERS

from .movenet_material import (
    NAMES,
    SIZES,
    expected,
    image,
    input_of,
    write_graph,
)

ROOT = Path(__file__).parents[2]
CONFIGS = {name: next((ROOT / 'configs/movenet').glob(
    f'movenet-{name}_*_coco-*')) for name in NAMES}


def build(name, weights):
    init_default_scope('mmpose')
    cfg = Config.fromfile(CONFIGS[name])
    model = MODELS.build(cfg.model)
    model.load_state_dict(weights)
    return model.eval()


@pytest.fixture(params=NAMES)
def drawn(request, tmp_path):
    """A name and the model with drawn weights, through the converter."""
    name = request.param
    converter = CONVERTERS[f'movenet-{name}']()
    weights = converter.convert(
        converter.load(write_graph(tmp_path, name))).weights
    return name, build(name, weights)


@pytest.fixture(params=NAMES)
def published(request):
    """A name and the model with the published weights."""
    try:
        path = get_weights(f'movenet-{request.param}', offline=True)
    except WeightsError as error:
        pytest.skip(f'needs the published weights: {error}')
    weights = torch.load(path, weights_only=True)['state_dict']
    return request.param, build(request.param, weights)


@torch.no_grad()
def maps_of(model, pixels):
    """Maps of an RGB image, as the estimator computes them."""
    bgr = torch.from_numpy(pixels[..., ::-1].copy()).permute(2, 0, 1)
    data = model.data_preprocessor(
        dict(inputs=[bgr[None] if model.data_preprocessor.__class__.__name__ ==
                     'ClipDataPreprocessor' else bgr], data_samples=[]))
    inputs = data['inputs']
    return model.head(model.extract_feat(
        inputs[:, 0] if inputs.ndim == 5 else inputs))


def check(name, model, kind):
    reference = expected(name)
    maps = maps_of(model, input_of(name))
    for field, value in maps._asdict().items():
        wanted = reference[f'{kind}_{field}']
        got = value[0].flatten()[::97].numpy()
        # probabilities, and cells: as exact as float32 sums are; PyTorch 2.14
        # adds in another order than the one that the tensors were made with
        np.testing.assert_allclose(
            got, wanted, rtol=0, atol=2e-5 * max(1, np.abs(wanted).max()),
            err_msg=field)
    height, width = SIZES[name]
    found = model.head.decode_maps(maps)[0]
    out = reference[f'{kind}_out']
    if name != 'multipose':
        np.testing.assert_allclose(
            found.keypoints[0], out[:, 1::-1] * [width, height], atol=0.01)
        np.testing.assert_allclose(
            found.keypoint_scores[0], out[:, 2], atol=1e-5)
        return
    points = out[:, :51].reshape(6, 17, 3)
    np.testing.assert_allclose(
        found.keypoints, points[..., 1::-1] * [width, height], atol=0.01)
    np.testing.assert_allclose(
        found.keypoint_scores, points[..., 2], atol=1e-5)
    np.testing.assert_allclose(
        found.bboxes, out[:, [52, 51, 54, 53]] * ([width, height] * 2),
        atol=0.01)
    np.testing.assert_allclose(found.bbox_scores, out[:, 55], atol=1e-5)


@pytest.mark.slow
def test_drawn_weights(drawn):
    check(*drawn, 'drawn')


def test_published_weights(published):
    check(*published, 'published')


def test_people_are_found_where_they_are_drawn(published):
    """The figure stands in the middle, its head up."""
    name, model = published
    if name == 'multipose':
        pytest.skip('one person is asked for')
    pixels = image(*SIZES[name])
    found = model.head.decode_maps(maps_of(model, pixels))[0]
    side = SIZES[name][0]
    keypoints = found.keypoints[0]
    assert np.median(found.keypoint_scores) > 0.3
    assert abs(keypoints[:, 0].mean() - side / 2) < side / 10
    # Thunder has no confidence in the drawing's legs
    nose, shoulders, hips = (keypoints[rows, 1].mean()
                             for rows in ([0], [5, 6], [11, 12]))
    assert nose < 0.3 * side and nose < shoulders < hips - 0.1 * side
