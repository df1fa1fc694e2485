"""Depthwise modulated deformable convolution with shared offsets."""
import torch
import torch.nn.functional as F
from torch import Tensor


def depthwise_deform_conv(x: Tensor, offset: Tensor, mask: Tensor,
                          weight: Tensor) -> Tensor:
    """Modulated deformable convolution (DCNv2) of each channel for itself.

    The same as ``torchvision.ops.deform_conv2d`` with one offset group, stride
    and dilation 1, "same" padding and as many groups as channels. All channels
    share the offsets, so one :func:`grid_sample` reads them together; on a CPU
    that makes forward and backward many times faster than torchvision's loop
    over groups.

    Args:
        x (Tensor): Shape (N, C, h, w).
        offset (Tensor): Shape (N, 2·k·k, h, w), in pixels; (dy, dx) for each
            tap of the kernel, row by row.
        mask (Tensor): Shape (N, k·k, h, w).
        weight (Tensor): Shape (C, 1, k, k), k odd.

    Returns:
        Tensor: Shape (N, C, h, w).

    Raises:
        ValueError: If the shapes do not fit together.
    """
    samples, channels, height, width = x.shape
    size = weight.shape[-1]
    taps = size * size
    if (weight.shape != (channels, 1, size, size) or size % 2 == 0
            or offset.shape != (samples, 2 * taps, height, width)
            or mask.shape != (samples, taps, height, width)):
        raise ValueError(
            f'x {tuple(x.shape)}, offset {tuple(offset.shape)}, mask '
            f'{tuple(mask.shape)} and weight {tuple(weight.shape)} do not fit')

    reach = torch.arange(size, device=x.device) - size // 2
    tap_y, tap_x = (
        grid.reshape(1, taps, 1, 1)
        for grid in torch.meshgrid(reach, reach, indexing='ij'))
    rows = torch.arange(height, device=x.device).view(1, 1, -1, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, 1, -1)
    shift = offset.unflatten(1, (taps, 2))
    # pixel coordinates of each tap's sample, to [-1, 1] as grid_sample wants
    y = (2 * (rows + tap_y + shift[:, :, 0]) + 1) / height - 1
    z = (2 * (columns + tap_x + shift[:, :, 1]) + 1) / width - 1
    grid = torch.stack([z, y], dim=-1).to(x.dtype)
    sampled = F.grid_sample(
        x, grid.flatten(1, 2), padding_mode='zeros', align_corners=False)
    sampled = sampled.view(samples, channels, taps, height, width)
    # tap by tap: one contraction over (mask, weight) runs as small products
    # of batches of matrices, which is several times slower on a CPU
    mask = mask.to(x.dtype)
    weight = weight.flatten(1).to(x.dtype)[:, :, None, None]
    out = torch.zeros_like(x)
    for tap, plane in enumerate(sampled.unbind(2)):
        out = out + plane * (mask[:, tap, None] * weight[:, tap])
    return out
