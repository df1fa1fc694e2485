"""Deformable convolution by grid sampling."""
from typing import Any, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def deform_conv(x: Tensor,
                offset: Tensor,
                mask: Tensor,
                weight: Tensor,
                bias: Optional[Tensor] = None,
                dilation: int = 1) -> Tensor:
    """Modulated deformable convolution (DCNv2) that is fast on a CPU.

    The same as ``torchvision.ops.deform_conv2d`` with stride 1 and "same"
    padding, for weights that join all channels or each channel with itself
    (depthwise). torchvision's backward pass is one plain loop on a CPU; here
    :func:`grid_sample` reads the channels that share offsets together, and a
    matrix product joins them. Numbers differ from torchvision's by rounding.

    Args:
        x (Tensor): Shape (N, C, h, w).
        offset (Tensor): Shape (N, 2·G·k·k, h, w), in pixels; for each of G
            groups of channels (dy, dx) of each tap of the kernel, row by row.
        mask (Tensor): Shape (N, G·k·k, h, w).
        weight (Tensor): Shape (C', C, k, k) or (C, 1, k, k), k odd.
        bias (Tensor, optional): Shape (C', ).
        dilation (int): Distance of the taps. Defaults to 1.

    Returns:
        Tensor: Shape (N, C', h, w).

    Raises:
        ValueError: If the shapes do not fit together.
    """
    samples, channels, height, width = x.shape
    size = weight.shape[-1]
    taps = size * size
    groups = mask.shape[1] // taps
    depthwise = weight.shape == (channels, 1, size, size)
    fits = (depthwise or weight.shape[1] == channels) and size % 2 == 1
    fits = fits and groups > 0 and channels % groups == 0
    fits = fits and mask.shape == (samples, groups * taps, height, width)
    fits = fits and offset.shape == (samples, 2 * groups * taps, height, width)
    if not fits:
        raise ValueError(
            f'x {tuple(x.shape)}, offset {tuple(offset.shape)}, mask '
            f'{tuple(mask.shape)} and weight {tuple(weight.shape)} do not fit')

    reach = (torch.arange(size, device=x.device) - size // 2) * dilation
    tap_y, tap_x = (
        grid.reshape(1, taps, 1, 1)
        for grid in torch.meshgrid(reach, reach, indexing='ij'))
    rows = torch.arange(height, device=x.device).view(1, 1, -1, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, 1, -1)
    shift = offset.reshape(samples * groups, taps, 2, height, width)
    # pixel coordinates of each tap's sample, to [-1, 1] as grid_sample wants
    grid_y = (2 * (rows + tap_y + shift[:, :, 0]) + 1) / height - 1
    grid_x = (2 * (columns + tap_x + shift[:, :, 1]) + 1) / width - 1
    grid = torch.stack([grid_x, grid_y], dim=-1).to(x.dtype)
    sampled = F.grid_sample(
        x.reshape(samples * groups, -1, height, width),
        grid.flatten(1, 2),
        padding_mode='zeros',
        align_corners=False)
    sampled = sampled.view(samples, groups, -1, taps, height, width)
    mask = mask.view(samples, groups, 1, taps, height, width).to(x.dtype)
    weight = weight.to(x.dtype)
    if depthwise:
        out = _join_each(sampled, mask, weight)
    else:
        values = (sampled * mask).view(samples, channels * taps, -1)
        out = (weight.flatten(1) @ values).view(samples, -1, height, width)
    return out if bias is None else out + bias.view(-1, 1, 1).to(x.dtype)


def _join_each(sampled: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """Sum the taps of each channel.

    Args:
        sampled (Tensor): Shape (N, G, C/G, k·k, h, w).
        mask (Tensor): Shape (N, G, 1, k·k, h, w).
        weight (Tensor): Shape (C, 1, k, k).

    Returns:
        Tensor: Shape (N, C, h, w).
    """
    taps, height, width = sampled.shape[3:]
    values, mask = sampled.flatten(4), mask.flatten(4).squeeze(2)
    weight = weight.reshape(values.shape[1], -1, taps)
    if torch.is_grad_enabled() and any(
            tensor.requires_grad for tensor in (values, mask, weight)):
        out = _WeightedTaps.apply(values, mask, weight)
    else:
        # no loop over samples, whose number may be open in an export
        out = _sum_taps(values, mask, weight)
    return out.flatten(1, 2).unflatten(2, (height, width))


def _sum_taps(values: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """(N, G, C/G, K, P), (N, G, K, P) and (G, C/G, K) to (N, G, C/G, P).

    Tap by tap: one contraction would run as small products of batches of
    matrices, several times slower on a CPU.
    """
    out = torch.zeros_like(values[:, :, :, 0])
    for tap in range(values.shape[3]):
        out = torch.addcmul(out, values[:, :, :, tap] * mask[:, :, None, tap],
                            weight[:, :, tap, None])
    return out


class _WeightedTaps(torch.autograd.Function):
    """:func:`_sum_taps` that keeps no products for its backward pass.

    On a CPU each sample is done with while it is in the cache.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, mask: Tensor, weight: Tensor
                ) -> Tensor:
        ctx.save_for_backward(values, mask, weight)
        size = _at_a_time(values)
        return torch.cat([
            _sum_taps(some, some_mask, weight)
            for some, some_mask in zip(values.split(size), mask.split(size))])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        values, mask, weight = ctx.saved_tensors
        grad_values = torch.empty_like(values)
        grad_mask = torch.empty_like(mask)
        grad_weight = torch.zeros_like(weight)
        size = _at_a_time(values)
        for start in range(0, len(values), size):
            part = slice(start, start + size)
            for tap in range(values.shape[3]):
                factor, plane = weight[:, :, tap], mask[part, :, tap]
                product = upstream[part] * values[part, :, :, tap]
                # sums over channels, and over pixels: matrix products
                grad_mask[part, :, tap] = (
                    factor[:, None] @ product).squeeze(2)
                grad_weight[:, :, tap] += (
                    product @ plane[..., None]).squeeze(3).sum(dim=0)
                grad_values[part, :, :, tap] = torch.mul(
                    upstream[part], plane[:, :, None],
                    out=product).mul_(factor[..., None])
        return grad_values, grad_mask, grad_weight


def _at_a_time(values: Tensor) -> int:
    """Samples per step."""
    return 1 if values.device.type == 'cpu' else max(len(values), 1)
