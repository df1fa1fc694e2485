"""MobileNetV2 with TensorFlow's padding."""
import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

from mmpose_video.models.backbones import MoveNetMobileNetV2


def same_conv(image, weight, bias, stride):
    """TensorFlow's SAME convolution in plain loops, float64."""
    channels, height, width = image.shape
    out, _, kernel, _ = weight.shape
    rows, columns = -(-height // stride), -(-width // stride)
    above = max((rows - 1) * stride + kernel - height, 0) // 2
    left = max((columns - 1) * stride + kernel - width, 0) // 2
    result = np.zeros((out, rows, columns))
    for y in range(rows):
        for x in range(columns):
            total = bias.copy()
            for dy in range(kernel):
                for dx in range(kernel):
                    v, u = y * stride + dy - above, x * stride + dx - left
                    if 0 <= v < height and 0 <= u < width:
                        total += weight[:, :, dy, dx] @ image[:, v, u]
            result[:, y, x] = total
    return result


@pytest.mark.parametrize('size', [(8, 8), (7, 10)])
def test_stride_two_pads_as_tensorflow(size):
    backbone = MoveNetMobileNetV2(norm_cfg=None).double()
    conv = backbone.conv1.conv
    image = torch.randn(3, *size, dtype=torch.float64)
    ours = conv(image[None])[0].detach().numpy()
    expected = same_conv(image.numpy(), conv.weight.detach().numpy(),
                         conv.bias.detach().numpy(), 2)
    np.testing.assert_allclose(ours, expected, atol=1e-12)


@pytest.mark.parametrize('width, channels', [
    (1., (24, 32, 64, 1280)),
    (1.5, (40, 48, 96, 1280)),
    (1.75, (40, 56, 112, 1280)),
])
def test_levels(width, channels):
    backbone = MODELS.build(dict(
        type='MoveNetMobileNetV2', widen_factor=width, norm_cfg=None))
    levels = backbone(torch.zeros(1, 3, 64, 96))
    assert [level.shape[1] for level in levels] == list(channels)
    assert [level.shape[2:] for level in levels] == [
        (16, 24), (8, 12), (4, 6), (2, 3)]


def test_all_strided_convolutions_pad_alike():
    backbone = MoveNetMobileNetV2()
    strided = [m for m in backbone.modules()
               if isinstance(m, torch.nn.Conv2d) and m.stride == (2, 2)]
    assert len(strided) == 5
    # an even size: nothing above and to the left
    for conv in strided:
        x = torch.zeros(1, conv.in_channels, 4, 4)
        x[..., 0, 0] = 1
        changed = conv(x) - conv(torch.zeros_like(x))
        torch.testing.assert_close(
            changed[0, :, 0, 0], conv.weight[:, :, 0, 0].sum(1))
