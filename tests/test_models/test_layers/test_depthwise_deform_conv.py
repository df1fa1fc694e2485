import pytest
import torch
from torchvision.ops import deform_conv2d

from mmpose_video.models.layers.depthwise_deform_conv import (
    depthwise_deform_conv,
)


def operands(channels=4, height=7, width=6, size=3, reach=3.):
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(
            *shape, generator=generator, dtype=torch.float64)

    taps = size * size
    tensors = (normal(2, channels, height, width),
               normal(2, 2 * taps, height, width) * reach,
               normal(2, taps, height, width),
               normal(channels, 1, size, size))
    return tuple(tensor.requires_grad_() for tensor in tensors)


@pytest.mark.parametrize('shape', [(4, 7, 6, 3), (3, 1, 5, 3), (2, 6, 6, 5)])
def test_equals_torchvision_with_all_gradients(shape):
    x, offset, mask, weight = tensors = operands(*shape)
    ours = depthwise_deform_conv(*tensors)
    theirs = deform_conv2d(
        x, offset, weight, padding=shape[3] // 2, mask=mask)
    torch.testing.assert_close(ours, theirs)
    upstream = torch.randn_like(ours)
    for ours_grad, theirs_grad in zip(
            torch.autograd.grad(ours, tensors, upstream),
            torch.autograd.grad(theirs, tensors, upstream)):
        torch.testing.assert_close(ours_grad, theirs_grad)


def test_no_offset_is_a_depthwise_convolution():
    x, offset, mask, weight = operands()
    out = depthwise_deform_conv(x, offset * 0, torch.ones_like(mask), weight)
    expected = torch.nn.functional.conv2d(x, weight, padding=1, groups=4)
    torch.testing.assert_close(out, expected)


def test_shapes_that_do_not_fit_are_named():
    x, offset, mask, weight = operands()
    with pytest.raises(ValueError, match='do not fit'):
        depthwise_deform_conv(x, offset[:, :16], mask, weight)
