import pytest
import torch
from torchvision.ops import deform_conv2d

from mmpose_video.ops import deform_conv as module
from mmpose_video.ops.deform_conv import deform_conv


def operands(channels=4, height=7, width=6, size=3, groups=1, out=None,
             grouped=False):
    generator = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(
            *shape, generator=generator, dtype=torch.float64)

    taps = groups * size * size
    joined = (channels, 1) if out is None else (
        out, channels // groups if grouped else channels)
    tensors = (normal(2, channels, height, width),
               normal(2, 2 * taps, height, width) * 3,
               normal(2, taps, height, width), normal(*joined, size, size))
    return tuple(tensor.requires_grad_() for tensor in tensors)


@pytest.mark.parametrize('dilation', [1, 3])
@pytest.mark.parametrize('shape', [
    dict(), dict(height=1, width=5), dict(size=5), dict(groups=2),
    dict(out=4), dict(out=3, groups=4), dict(out=6, groups=2, height=1),
    dict(out=6, groups=2, grouped=True), dict(out=8, groups=4, grouped=True)],
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


@pytest.mark.parametrize('shape', [
    dict(), dict(out=5), dict(out=6, groups=2, grouped=True)], ids=str)
def test_without_a_mask_it_is_the_first_version(shape):
    x, offset, mask, weight = operands(**shape)
    torch.testing.assert_close(
        deform_conv(x, offset, None, weight),
        deform_conv(x, offset, torch.ones_like(mask), weight))


def test_shapes_that_do_not_fit_are_named():
    x, offset, mask, weight = operands()
    with pytest.raises(ValueError, match='do not fit'):
        deform_conv(x, offset[:, :16], mask, weight)
    with pytest.raises(ValueError, match='do not fit'):
        deform_conv(x, offset, mask, weight[:, :, :2, :2])


@pytest.mark.parametrize('out', [None, 3])
def test_places_are_not_rounded_to_16_bits(out):
    """With 8 bits of mantissa pixel 40 has neighbors at 39.75 and 40.25."""
    tensors = list(operands(height=2, width=60, out=out))
    tensors[1] = tensors[1].round() + 0.375  # not where the slope jumps
    half = [tensor.detach().bfloat16().requires_grad_() for tensor in tensors]
    exact = [tensor.detach().double().requires_grad_() for tensor in half]
    result, expected = deform_conv(*half), deform_conv(*exact)
    assert result.dtype == torch.bfloat16
    torch.testing.assert_close(result.double(), expected, atol=0.03, rtol=0.02)
    upstream = torch.ones_like(expected)
    for grad, expected_grad in zip(
            torch.autograd.grad(result, half, upstream.bfloat16()),
            torch.autograd.grad(expected, exact, upstream)):
        assert grad.dtype == torch.bfloat16
        scale = expected_grad.abs().max().item()
        torch.testing.assert_close(grad.double(), expected_grad,
                                   atol=0.02 * scale, rtol=0.02)


@pytest.mark.parametrize('limit', [1, 10**9])
def test_samples_at_a_time_do_not_matter(limit, monkeypatch):
    x, offset, mask, weight = tensors = operands()
    expected = deform_conv2d(x, offset, weight.expand(-1, 1, -1, -1),
                             mask=mask, padding=1)
    monkeypatch.setattr(module, '_samples_at_a_time', lambda *args: limit)
    result = deform_conv(*tensors)
    torch.testing.assert_close(result, expected)
    for ours, theirs in zip(torch.autograd.grad(result.sum(), tensors),
                            torch.autograd.grad(expected.sum(), tensors)):
        torch.testing.assert_close(ours, theirs)
