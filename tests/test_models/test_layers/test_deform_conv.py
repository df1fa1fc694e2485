import pytest
import torch
from torchvision.ops import deform_conv2d

from mmpose_video.models.layers.deform_conv import deform_conv


def operands(channels=4, height=7, width=6, size=3, groups=1, out=None):
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(
            *shape, generator=generator, dtype=torch.float64)

    taps = groups * size * size
    joined = (channels, 1) if out is None else (out, channels)
    tensors = (normal(2, channels, height, width),
               normal(2, 2 * taps, height, width) * 3,
               normal(2, taps, height, width), normal(*joined, size, size))
    return tuple(tensor.requires_grad_() for tensor in tensors)


@pytest.mark.parametrize('dilation', [1, 3])
@pytest.mark.parametrize('shape', [
    dict(), dict(height=1, width=5), dict(size=5), dict(groups=2),
    dict(out=4), dict(out=3, groups=4), dict(out=6, groups=2, height=1)],
    ids=str)
def test_equals_torchvision_with_all_gradients(shape, dilation):
    x, offset, mask, weight = tensors = operands(**shape)
    bias = torch.arange(len(weight)).double()
    ours = deform_conv(*tensors, bias, dilation)
    theirs = deform_conv2d(
        x, offset, weight, bias, mask=mask, dilation=dilation,
        padding=dilation * (weight.shape[-1] // 2))
    torch.testing.assert_close(ours, theirs)
    with torch.no_grad():  # another way than with gradients
        torch.testing.assert_close(
            deform_conv(*tensors, bias, dilation), theirs)
    upstream = torch.randn_like(ours)
    for ours_grad, theirs_grad in zip(
            torch.autograd.grad(ours, tensors, upstream),
            torch.autograd.grad(theirs, tensors, upstream)):
        torch.testing.assert_close(ours_grad, theirs_grad)


@pytest.mark.parametrize('out, groups', [(None, 4), (5, 1)])
def test_no_offset_is_a_plain_convolution(out, groups):
    x, offset, mask, weight = operands(out=out)
    result = deform_conv(x, offset * 0, torch.ones_like(mask), weight)
    expected = torch.nn.functional.conv2d(
        x, weight, padding=1, groups=groups)
    torch.testing.assert_close(result, expected)


def test_shapes_that_do_not_fit_are_named():
    x, offset, mask, weight = operands()
    with pytest.raises(ValueError, match='do not fit'):
        deform_conv(x, offset[:, :16], mask, weight)
    with pytest.raises(ValueError, match='do not fit'):
        deform_conv(x, offset, mask, weight[:, :, :2, :2])
