"""Modulated deformable convolution against a loop over all taps."""
import pytest
import torch

from mmpose_video.models.layers import DeformableAlignment


def pixel(image, y, x):
    """Bilinear value of a (C, h, w) image at a point, zero outside."""
    channels, height, width = image.shape
    y0, x0 = int(torch.floor(y)), int(torch.floor(x))
    value = torch.zeros(channels, dtype=image.dtype)
    for yy in (y0, y0 + 1):
        for xx in (x0, x0 + 1):
            if 0 <= yy < height and 0 <= xx < width:
                value += image[:, yy, xx] * (1 - abs(y - yy)) * (
                    1 - abs(x - xx))
    return value


def by_loop(layer, x, guide, groups, dilation):
    offsets = layer.offset_conv(guide)
    masks = torch.ones_like(offsets)
    if layer.mask_conv is not None:
        masks = layer.mask_conv(guide)
    weight, bias = layer.deform_conv.weight, layer.deform_conv.bias
    bias = torch.zeros(len(weight)) if bias is None else bias
    samples, channels, height, width = x.shape
    per_group = channels // groups
    out = torch.zeros_like(x) + bias.view(1, -1, 1, 1)
    for n in range(samples):
        for i in range(height):
            for j in range(width):
                for group in range(groups):
                    part = slice(group * per_group, (group + 1) * per_group)
                    for tap in range(9):
                        ky, kx = divmod(tap, 3)
                        at = 2 * (9 * group + tap)
                        y = i + (ky - 1) * dilation + offsets[n, at, i, j]
                        z = j + (kx - 1) * dilation + offsets[n, at + 1, i, j]
                        value = pixel(x[n, part], y, z)
                        value = value * masks[n, 9 * group + tap, i, j]
                        out[n, :, i, j] += weight[:, part, ky, kx] @ value
    return out


@pytest.mark.parametrize('modulated', [True, False])
def test_value(modulated):
    layer = DeformableAlignment(
        4, 3, groups=2, dilation=2, guide_dilation=1,
        modulated=modulated).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    x = torch.randn(1, 4, 4, 5, dtype=torch.float64)
    guide = torch.randn(1, 3, 4, 5, dtype=torch.float64)
    with torch.no_grad():
        expected = by_loop(layer, x, guide, 2, 2)
        torch.testing.assert_close(layer(x, guide), expected)
    # with gradients another implementation runs
    torch.testing.assert_close(layer(x, guide), expected)


@pytest.mark.parametrize('modulated', [True, False])
def test_gradients(modulated):
    layer = DeformableAlignment(
        2, groups=1, dilation=1, modulated=modulated).double()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    guide = torch.randn(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x, guide))


def test_identity_start():
    layer = DeformableAlignment(
        3, 2, groups=3, dilation=3, guide_bias=False, identity_init=True)
    assert layer.offset_conv.bias is None and layer.mask_conv.bias is None
    x, guide = torch.randn(1, 3, 6, 5), torch.rand(1, 2, 6, 5)
    with torch.no_grad():
        # no offsets; the modulation is the guide's first channel everywhere
        layer.offset_conv.weight.zero_()
        layer.mask_conv.weight.zero_()
        layer.mask_conv.weight[:, 0, 1, 1] = 1
    torch.testing.assert_close(layer(x, guide), x * guide[:, :1])


def test_bfloat16_autocast():
    layer = DeformableAlignment(4, groups=2)
    x = torch.randn(1, 4, 5, 5)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        out = layer(x, x)
    torch.testing.assert_close(out.float(), layer(x, x), atol=0.05, rtol=0.05)


def test_groups_do_not_divide():
    with pytest.raises(ValueError, match='12 groups.*16 channels'):
        DeformableAlignment(16)


def test_plain_version_has_no_modulation_and_no_bias():
    layer = DeformableAlignment(3, 2, groups=3, guide_bias=False,
                                modulated=False)
    assert set(layer.state_dict()) == {'offset_conv.weight',
                                       'deform_conv.weight'}
    with pytest.raises(ValueError, match='unit_modulation'):
        DeformableAlignment(3, 2, groups=3, modulated=False,
                            unit_modulation=True)


def test_zero_offsets_survive_a_parents_initialization():
    layer = DeformableAlignment(3, 2, groups=3, modulated=False,
                                identity_init=True, zero_offsets=True)
    for parameter in layer.offset_conv.parameters():
        torch.nn.init.normal_(parameter)
    layer.init_weights()
    x, guide = torch.randn(1, 3, 6, 5), torch.randn(1, 2, 6, 5)
    torch.testing.assert_close(layer(x, guide), x)
