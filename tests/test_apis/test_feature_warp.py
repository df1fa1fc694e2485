"""Moved features are those of the other crop."""
import numpy as np
import torch
from mmpose.structures import PoseDataSample

from mmpose_video.apis.feature_warp import (
    crop_shift,
    mirrored_offsets,
    warp_features,
)

SIZE = (48, 64)  # width, height
STRIDE = 4


def crop_of(center, scale):
    """Meta information of a crop."""
    return PoseDataSample(metainfo=dict(
        input_center=np.array(center, np.float32),
        input_scale=np.array(scale, np.float32), input_size=SIZE))


def features_of(crop):
    """What a network could see of a linear image: (2, h, w), float64.

    Channel 0 is the image's x at each cell, channel 1 its y, plain loops.
    """
    width, height = SIZE
    feats = np.zeros((2, height // STRIDE, width // STRIDE))
    for i in range(feats.shape[1]):
        for j in range(feats.shape[2]):
            x, y = j * STRIDE, i * STRIDE
            feats[0, i, j] = (crop.input_center[0] + crop.input_scale[0] *
                              (x / width - 0.5))
            feats[1, i, j] = (crop.input_center[1] + crop.input_scale[1] *
                              (y / height - 0.5))
    return torch.from_numpy(feats)


def test_features_of_a_linear_image_are_moved_exactly():
    """Bilinear interpolation is exact there, but beyond the border."""
    source = crop_of((50, 60), (90, 120))
    target = crop_of((77, 31), (72, 96))
    factor, offset = crop_shift(source, target)
    np.testing.assert_allclose(factor, [0.8, 0.8])
    moved = warp_features(features_of(source)[None], factor[None],
                          offset[None], SIZE)[0]
    wanted = features_of(target)
    # cells of the target that lie between those of the source
    x = factor[0] * np.arange(0, SIZE[0], STRIDE) + offset[0]
    y = factor[1] * np.arange(0, SIZE[1], STRIDE) + offset[1]
    inside = ((0 <= y) & (y <= SIZE[1] - STRIDE))[:, None] & (
        (0 <= x) & (x <= SIZE[0] - STRIDE))
    assert 80 < inside.sum() < inside.size
    np.testing.assert_allclose(moved[:, inside], wanted[:, inside], atol=1e-9)


def test_beyond_the_border_the_nearest_cell_is_repeated():
    feats = torch.arange(12.).reshape(1, 1, 3, 4)
    moved = warp_features(feats, np.ones((1, 2)), np.array([[4., -4.]]),
                          (16, 12))
    np.testing.assert_allclose(
        moved[0, 0], [[1, 2, 3, 3], [1, 2, 3, 3], [5, 6, 7, 7]], atol=1e-5)


def test_the_same_crop_moves_nothing():
    factor, offset = crop_shift(crop_of((5, 6), (30, 40)),
                                crop_of((5, 6), (30, 40)))
    assert (factor == 1).all() and (offset == 0).all()


def test_points_of_both_crops_are_the_same_in_the_image():
    source, target = crop_of((50, 60), (90, 120)), crop_of((57, 51), (72, 96))
    factor, offset = crop_shift(source, target)
    pixel = np.array([7., 21.])

    def in_image(crop, p):
        return crop.input_center + crop.input_scale * (p / SIZE - 0.5)

    np.testing.assert_allclose(in_image(source, factor * pixel + offset),
                               in_image(target, pixel))


def test_mirrored_features_are_moved_alike():
    """The flip test's view: mirror, move, mirror back."""
    torch.manual_seed(0)
    feats = torch.rand(1, 2, 16, 12, dtype=torch.float64)
    factor, offset = crop_shift(crop_of((50, 60), (90, 120)),
                                crop_of((57, 51), (72, 96)))
    wanted = warp_features(feats, factor[None], offset[None], SIZE)
    found = warp_features(
        feats.flip(-1), factor[None],
        mirrored_offsets(factor[None], offset[None], 12, SIZE), SIZE)
    np.testing.assert_allclose(found.flip(-1), wanted, atol=1e-12)


def test_gradients_reach_the_features():
    feats = torch.rand(1, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x: warp_features(x, np.array([[0.9, 1.1]]),
                                np.array([[1.5, -2.]]), (12, 16)), feats)
