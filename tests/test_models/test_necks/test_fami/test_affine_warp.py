"""Affine warps against a loop over pixels and by hand."""
import pytest
import torch

from mmpose_video.models.necks.fami.affine_warp import (
    affine_warp,
    translate,
    warp_affine,
)


def by_loop(image, matrix):
    """Inverse mapping with bilinear weights, zero outside."""
    square = torch.cat([matrix, matrix.new_tensor([[0, 0, 1]])])
    inverse = torch.linalg.inv(square)
    channels, height, width = image.shape
    out = torch.zeros_like(image)
    for i in range(height):
        for j in range(width):
            x, y, _ = inverse @ matrix.new_tensor([j, i, 1])
            for yy in range(height):
                for xx in range(width):
                    weight = (1 - abs(x - xx)).clamp(0) * (
                        1 - abs(y - yy)).clamp(0)
                    out[:, i, j] += weight * image[:, yy, xx]
    return out


def test_warp_affine():
    feats = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    matrix = torch.eye(2, 3, dtype=torch.float64).repeat(2, 1, 1)
    matrix += 0.2 * torch.randn_like(matrix)
    matrix[:, :, 2] = torch.tensor([[1.3, -0.6], [-2.4, 0.9]])
    expected = torch.stack([by_loop(f, m) for f, m in zip(feats, matrix)])
    torch.testing.assert_close(warp_affine(feats, matrix), expected)


def test_translate_by_whole_pixels():
    feats = torch.arange(12.).view(1, 1, 3, 4)
    moved = translate(feats, torch.tensor([[1., -2.]]))
    expected = torch.zeros(1, 1, 3, 4)
    expected[0, 0, 0, 1:] = torch.tensor([8., 9., 10.])
    torch.testing.assert_close(moved, expected, atol=1e-5, rtol=0)


def test_translate_gradient():
    feats = torch.randn(2, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    shift = torch.tensor([[0.3, -0.4], [1.6, 0.7]],
                         dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(translate, (feats, shift))


def test_single_pixel_axis():
    feats = torch.randn(1, 2, 1, 1)
    out = translate(feats, torch.tensor([[0.25, 3.]]))
    assert torch.isfinite(out).all()


@pytest.mark.parametrize('size', [(5, 7), (6, 4)])
def test_affine_warp_turns_about_the_center(size):
    feats = torch.randn(1, 2, *size)
    half_turn = torch.tensor([[[-1., 0, 0], [0, -1, 0]]])
    torch.testing.assert_close(
        affine_warp(feats, half_turn), feats.flip(2, 3), atol=1e-5, rtol=0)


def test_half_precision_keeps_the_sampling_points():
    # 1/16 pixel of a 96 pixels wide map: below the resolution of half
    # precision in normalized coordinates
    feats = torch.linspace(0, 1, 96).view(1, 1, 1, 96).expand(1, 1, 2, 96)
    shift = torch.tensor([[1 / 16, 0.]])
    out = translate(feats.half(), shift.half())
    assert out.dtype == torch.half
    expected = translate(feats.half().float(), shift)
    torch.testing.assert_close(out.float(), expected, atol=4e-4, rtol=0)
