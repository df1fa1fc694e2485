"""MoveNet's pyramid."""
import pytest
import torch
from mmpose.registry import MODELS
from torch.nn import functional as F

CHANNELS = (5, 6, 7, 8)


def build(**kwargs):
    return MODELS.build(dict(
        type='MoveNetFPN', in_channels=CHANNELS, lateral_channels=(4, 3, 9),
        out_channels=2, **kwargs))


def levels(height=32, width=16):
    return [torch.randn(2, c, height >> i, width >> i)
            for i, c in enumerate(CHANNELS)]


def test_top_down_sum():
    neck = build(norm_cfg=None)
    feats = levels()
    merged = neck.laterals[3](feats[3])
    for level in (2, 1, 0):
        # bilinear upsampling with half-pixel centers: the mean of the
        # neighbors, three quarters to the nearer one
        up = F.interpolate(merged, scale_factor=2, mode='bilinear')
        total = up + F.conv2d(feats[level], neck.laterals[level].weight,
                              neck.laterals[level].bias)
        block = neck.merge[level]
        deep = F.conv2d(total, block.depthwise.weight, padding=1,
                        groups=total.shape[1])
        merged = F.conv2d(deep, block.pointwise.conv.weight,
                          block.pointwise.conv.bias).relu()
    assert merged.shape == (2, 2, 32, 16)
    torch.testing.assert_close(neck(feats)[0], merged)


def test_with_normalization_trains():
    neck = build()
    out, = neck(levels())
    out.sum().backward()
    assert all(p.grad is not None for p in neck.parameters())


def test_sizes_that_do_not_halve():
    feats = levels()
    feats[3] = feats[3][..., :1]
    with pytest.raises(ValueError, match='multiples of 32'):
        build()(feats)
    with pytest.raises(ValueError, match='lateral_channels'):
        MODELS.build(dict(type='MoveNetFPN', in_channels=(1, 2)))
