"""One channel on grey images against three."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.tools.get_flops import without_pretrained
from mmpose_video.weights.converters import CONVERTERS

CONFIGS = Path(__file__).parents[3] / 'configs'
SUFFIX = 'hrnet-tiny_1xb16-4e_synthetic-96x64.py'


def build(name):
    init_default_scope('mmpose')
    cfg = Config.fromfile(CONFIGS / f'{name}_{SUFFIX}')
    return MODELS.build(without_pretrained(cfg.model.to_dict())).eval()


@pytest.fixture
def models():
    """The baseline with random statistics, and the converted model."""
    torch.manual_seed(0)
    color = build('single_image/td-hm')
    grey = build('single_image/one-channel')
    norm = color.backbone.bn1
    torch.nn.init.normal_(norm.running_mean)
    torch.nn.init.uniform_(norm.running_var, 0.5, 2.)
    weights, _ = CONVERTERS['one-channel']().convert(color.state_dict())
    grey.load_state_dict(weights)
    return color, grey


def frames(num_channels_equal):
    images = torch.randint(
        0, 256, (2, 1, 1 if num_channels_equal else 3, 64, 64),
        generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    return images.expand(-1, -1, 3, -1, -1)


def test_equal_on_grey_images(models):
    """Exact where the first convolution sees no padding."""
    outputs = []
    for model in models:
        inputs = model.data_preprocessor(
            dict(inputs=list(frames(True)), data_samples=[]))['inputs']
        backbone = model.backbone
        with torch.no_grad():
            outputs.append(backbone.bn1(
                backbone.conv1(inputs.flatten(0, 1))))
    wanted, got = outputs
    assert wanted.std() > 0.1
    torch.testing.assert_close(
        got[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1], rtol=1e-4, atol=1e-5)
    # at the border zero stands for another grey
    assert (got - wanted)[..., 0, :].abs().max() < 0.2 * wanted.abs().max()


def test_luminance(models):
    images = frames(False)
    got = models[1].data_preprocessor(
        dict(inputs=list(images), data_samples=[]))['inputs']
    blue, green, red = images.double().numpy().swapaxes(0, 2)[:, 0]
    grey = .299 * red + .587 * green + .114 * blue
    assert got.shape == (2, 1, 1, 64, 64)
    np.testing.assert_allclose(
        got[:, 0, 0].numpy(),
        (grey.reshape(2, 64, 64) - 117.04) / 57.53, atol=1e-4)


def test_vit_takes_the_shift_as_a_bias():
    torch.manual_seed(0)
    kernel, bias = torch.randn(5, 3, 4, 4), torch.randn(5)
    name = 'backbone.patch_embed.projection'
    weights, _ = CONVERTERS['one-channel']().convert({
        f'{name}.weight': kernel, f'{name}.bias': bias,
        'head.final_layer.weight': torch.ones(1)})
    grey = torch.rand(1, 1, 8, 8) * 255
    mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
    std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)
    wanted = torch.nn.functional.conv2d(
        (grey - mean) / std, kernel, bias, stride=4)
    got = torch.nn.functional.conv2d(
        (grey - 117.04) / 57.53, weights[f'{name}.weight'],
        weights[f'{name}.bias'], stride=4)
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('kernel, message', [
    (torch.ones(2, 1, 3, 3), 'reads 1 channels'),
    (None, 'first layer is not known'),
])
def test_other_models_are_refused(kernel, message):
    weights = {'head.final_layer.weight': torch.ones(1)}
    if kernel is not None:
        weights['backbone.conv1.weight'] = kernel
        weights['backbone.bn1.running_mean'] = torch.zeros(2)
    with pytest.raises(ValueError, match=message):
        CONVERTERS['one-channel']().convert(weights)


@pytest.mark.parametrize('changes, message', [
    (dict(mean=[1., 2., 3.], std=[1., 1., 1.]), 'one element'),
    (dict(mean=[1.], std=[1.], bgr_to_rgb=True), 'one channel'),
])
def test_grey_preprocessor_refuses_colors(changes, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(dict(
            type='ClipDataPreprocessor', grey=True, **changes))
