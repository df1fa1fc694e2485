"""Affine warps of feature maps."""
import torch
import torch.nn.functional as F
from torch import Tensor


def affine_warp(feats: Tensor, theta: Tensor) -> Tensor:
    """Sample feature maps through affine maps in normalized coordinates.

    The output at p is the bilinear sample of the input at
    ``theta @ (x, y, 1)``, zero outside the map. Coordinates run from -1 at
    the center of the first pixel to 1 at the center of the last one, so
    rotation and scaling keep the center of the map in place.

    Args:
        feats (Tensor): Shape (N, C, h, w).
        theta (Tensor): Shape (N, 2, 3), from output to input coordinates.

    Returns:
        Tensor: Shape (N, C, h, w).
    """
    # half precision cannot tell neighboring sampling points apart
    dtype = torch.promote_types(feats.dtype, torch.float32)
    grid = F.affine_grid(
        theta.to(dtype), list(feats.shape), align_corners=True)
    return F.grid_sample(
        feats.to(dtype),
        grid,
        mode='bilinear',
        padding_mode='zeros',
        align_corners=True).to(feats.dtype)


def warp_affine(feats: Tensor, matrix: Tensor) -> Tensor:
    """Move the content of feature maps by affine maps of pixel coordinates.

    Content at (x, y) moves to ``matrix @ (x, y, 1)``; what leaves the map is
    lost, and zeros fill the gaps. The convention and the order of operations
    are those of ``kornia.geometry.warp_affine``, which FAMI-Pose's code
    calls: a mathematically equal shortcut would round the sampling points
    differently, which shows in the fifth digit of the features.

    Args:
        feats (Tensor): Shape (N, C, h, w).
        matrix (Tensor): Shape (N, 2, 3), from input to output pixels.

    Returns:
        Tensor: Shape (N, C, h, w).
    """
    dtype = torch.promote_types(feats.dtype, torch.float32)
    height, width = feats.shape[-2:]
    # a single pixel has no extent to normalize by
    to_norm = matrix.new_tensor(
        [[2 / max(width - 1, 1), 0, -1], [0, 2 / max(height - 1, 1), -1],
         [0, 0, 1]],
        dtype=dtype)
    last_row = to_norm[2:].expand(matrix.shape[0], 1, 3)
    square = torch.cat([matrix.to(dtype), last_row], 1)
    forward = to_norm @ (square @ _inverse(to_norm))
    return affine_warp(feats, _inverse(forward)[:, :2])


def translate(feats: Tensor, shift: Tensor) -> Tensor:
    """Translate the content of feature maps by fractions of pixels.

    Args:
        feats (Tensor): Shape (N, C, h, w).
        shift (Tensor): (dx, dy) in pixels of the map, shape (N, 2); positive
            values move the content right and down.

    Returns:
        Tensor: Shape (N, C, h, w).
    """
    eye = torch.eye(2, dtype=shift.dtype, device=shift.device)
    return warp_affine(
        feats,
        torch.cat([eye.expand(shift.shape[0], 2, 2),
                   shift.unsqueeze(-1)], -1))


def _inverse(matrix: Tensor) -> Tensor:
    """Invert affine maps (..., 3, 3) whose last row is 0, 0, 1."""
    if not torch.onnx.is_in_onnx_export():
        # unlike `inv`, `inv_ex` does not wait for a GPU to check the result
        return torch.linalg.inv_ex(matrix)[0]
    # ONNX cannot invert matrices; this differs by rounding errors
    a, b = matrix[..., 0, 0], matrix[..., 0, 1]
    c, d = matrix[..., 1, 0], matrix[..., 1, 1]
    linear = torch.stack([d, -b, -c, a], -1).unflatten(-1, (2, 2))
    linear = linear / (a * d - b * c)[..., None, None]
    shift = -linear @ matrix[..., :2, 2:]
    return torch.cat(
        [torch.cat([linear, shift], -1), matrix[..., 2:, :]], -2)
