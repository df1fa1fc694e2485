"""Affine warps of feature maps."""
import torch
import torch.nn.functional as F
from torch import Tensor


def affine_warp(feats: Tensor, theta: Tensor) -> Tensor:
    """Sample feature maps through affine maps in normalized coordinates.

    The output at p is the input at ``theta @ (x, y, 1)``, bilinear, zero
    outside. Coordinates run from -1 at the centre of the first pixel to 1 at
    the centre of the last one, so rotations and scales leave the centre of
    the map where it is.

    Args:
        feats (Tensor): Shape (N, C, h, w).
        theta (Tensor): Shape (N, 2, 3), from output to input coordinates.

    Returns:
        Tensor: Shape (N, C, h, w).
    """
    grid = F.affine_grid(theta, list(feats.shape), align_corners=True)
    return F.grid_sample(
        feats,
        grid.to(feats.dtype),
        mode='bilinear',
        padding_mode='zeros',
        align_corners=True)


def translate(feats: Tensor, shift: Tensor) -> Tensor:
    """Move the content of feature maps by fractions of pixels.

    The same as ``kornia.geometry.warp_affine`` with the matrices
    ``[[1, 0, dx], [0, 1, dy]]``, which FAMI-Pose's code calls: a positive dx
    moves to the right, what leaves the map is lost and zeros come in.

    Args:
        feats (Tensor): Shape (N, C, h, w).
        shift (Tensor): (dx, dy) in pixels of the map, shape (N, 2).

    Returns:
        Tensor: Shape (N, C, h, w).
    """
    height, width = feats.shape[-2:]
    # one pixel is 2 / (size - 1) of the normalized range; along an axis of a
    # single pixel every point of the range means that pixel, nothing moves
    steps = shift.new_tensor([2 / max(width - 1, 1), 2 / max(height - 1, 1)])
    eye = torch.eye(2, dtype=shift.dtype, device=shift.device)
    theta = torch.cat([
        eye.expand(len(shift), 2, 2),
        -(shift * steps).unsqueeze(-1),
    ], -1)
    return affine_warp(feats, theta)
