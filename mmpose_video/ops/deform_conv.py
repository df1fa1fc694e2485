"""Deformable convolution by grid sampling."""
from typing import Any, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

#: PyTorch's internal numbers of the two modes of grid sampling.
_BILINEAR, _ZEROS = 0, 0


def deform_conv(x: Tensor,
                offset: Tensor,
                mask: Optional[Tensor],
                weight: Tensor,
                bias: Optional[Tensor] = None,
                dilation: int = 1) -> Tensor:
    """Compute a deformable convolution (DCNv1 and v2), fast on a CPU.

    The same as ``torchvision.ops.deform_conv2d`` with stride 1 and "same"
    padding, for weights that join all channels, those that share offsets, or
    each channel with itself (depthwise). torchvision's backward pass is one
    plain loop on a CPU; here :func:`grid_sample` reads the channels that share
    offsets together, and a matrix product joins them. Numbers differ from
    torchvision's by rounding.

    Args:
        x (Tensor): Shape (N, C, h, w).
        offset (Tensor): Shape (N, 2·G·k·k, h, w), in pixels; for each of G
            groups of channels (dy, dx) of each tap of the kernel, row by row.
        mask (Tensor, optional): Shape (N, G·k·k, h, w). None: all ones, as
            in DCNv1.
        weight (Tensor): Shape (C', C, k, k), (C', C/G, k, k) or (C, 1, k, k),
            k odd.
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
    groups = offset.shape[1] // (2 * taps)
    depthwise = weight.shape == (channels, 1, size, size)
    fits = size % 2 == 1 and groups > 0 and channels % groups == 0
    # groups of the weights, each with the offsets of its channels
    joined = 1 if weight.shape[1] == channels else groups
    fits = fits and (depthwise or weight.shape[1] * joined == channels
                     and weight.shape[0] % joined == 0)
    mask_shape = (samples, groups * taps, height, width)
    fits = fits and (mask is None or mask.shape == mask_shape)
    fits = fits and offset.shape == (samples, 2 * groups * taps, height, width)
    if not fits:
        raise ValueError(
            f'x {tuple(x.shape)}, offset {tuple(offset.shape)}, mask '
            f'{None if mask is None else tuple(mask.shape)} and weight '
            f'{tuple(weight.shape)} do not fit')

    reach = (torch.arange(size, device=x.device) - size // 2) * dilation
    tap_y, tap_x = (
        grid.reshape(1, taps, 1, 1)
        for grid in torch.meshgrid(reach, reach, indexing='ij'))
    rows = torch.arange(height, device=x.device).view(1, 1, -1, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, 1, -1)
    # 16 bits do not tell a pixel from a quarter beside it
    precise = torch.promote_types(offset.dtype, torch.float32)
    shift = offset.reshape(samples * groups, taps, 2, height, width).to(
        precise)
    # pixel coordinates of each tap's sample, to [-1, 1] as grid_sample wants
    grid_y = (2 * (rows + tap_y + shift[:, :, 0]) + 1) / height - 1
    grid_x = (2 * (columns + tap_x + shift[:, :, 1]) + 1) / width - 1
    grid = torch.stack([grid_x, grid_y], dim=-1).flatten(1, 2)
    x = x.reshape(samples, groups, -1, height, width)
    grid = grid.unflatten(0, (samples, groups))
    if mask is None and depthwise:
        mask = x.new_ones(mask_shape)
    if mask is not None:
        mask = mask.reshape(samples, groups, taps, -1)
    if depthwise:
        assert mask is not None
        out = _depthwise(x, grid, mask.to(precise), weight.to(precise).view(
            groups, -1, taps)).to(x.dtype)
    else:
        values = _sample(x, grid).to(x.dtype)
        if mask is not None:
            values = values * mask[:, :, None].to(x.dtype)
        factors = weight.reshape(joined, weight.shape[0] // joined, -1)
        out = factors.to(x.dtype) @ values.view(
            samples, joined, channels // joined * taps, -1)
    out = out.view(samples, -1, height, width)
    return out if bias is None else out + bias.view(-1, 1, 1).to(x.dtype)


def _sample(x: Tensor, grid: Tensor) -> Tensor:
    """Read where the taps lie.

    Args:
        x (Tensor): Shape (N, G, C/G, h, w).
        grid (Tensor): Shape (N, G, K·h, w, 2), K taps.

    Returns:
        Tensor: Shape (N, G, C/G, K, P) for P = h·w pixels, of the grid's
        precision.
    """
    values = F.grid_sample(
        x.flatten(0, 1).to(grid.dtype), grid.flatten(0, 1),
        padding_mode='zeros', align_corners=False)
    return values.view(*x.shape[:3], -1, x.shape[3] * x.shape[4])


def _join(values: Tensor, mask: Tensor, weight: Tensor) -> Tensor:
    """(N, G, C/G, K, P), (N, G, K, P) and (G, C/G, K) to (N, G, C/G, P).

    Tap by tap: one contraction would run as small products of batches of
    matrices, several times slower on a CPU.
    """
    out = torch.zeros_like(values[:, :, :, 0])
    for tap in range(values.shape[3]):
        out = torch.addcmul(out, values[:, :, :, tap] * mask[:, :, None, tap],
                            weight[:, :, tap, None])
    return out


def _depthwise(x: Tensor, grid: Tensor, mask: Tensor, weight: Tensor
               ) -> Tensor:
    """Sum the taps of each channel, (N, G, C/G, P)."""
    if torch.compiler.is_compiling():
        # no loop over samples, whose number may be open in an export
        return _join(_sample(x, grid), mask, weight)
    return _Depthwise.apply(x, grid, mask, weight)


class _Depthwise(torch.autograd.Function):
    """Process a few samples at a time, and again in the backward pass.

    K values for each of the input's would be most of what a model keeps for
    its backward pass: 18 GB in the published size of GLSMamba, 16 clips.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, grid: Tensor, mask: Tensor,
                weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, grid, mask, weight)
        size = _samples_at_a_time(x, mask)
        return torch.cat([
            _join(_sample(some, places), some_mask, weight)
            for some, places, some_mask in zip(
                x.split(size), grid.split(size), mask.split(size))])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> Tuple[Tensor, ...]:
        x, grid, mask, weight = ctx.saved_tensors
        grads = [torch.empty_like(x), torch.empty_like(grid),
                 torch.empty_like(mask), torch.zeros_like(weight)]
        size = _samples_at_a_time(x, mask)
        parts = zip(*(tensor.split(size) for tensor in (
            x, grid, mask, upstream, *grads[:3])))
        for some, places, some_mask, some_upstream, *out in parts:
            values = _sample(some, places)
            for tap in range(values.shape[3]):
                factor, plane = weight[:, :, tap], some_mask[:, :, tap]
                product = some_upstream * values[:, :, :, tap]
                # sums over channels, and over pixels: matrix products
                out[2][:, :, tap] = (factor[:, None] @ product).squeeze(2)
                grads[3][:, :, tap] += (
                    product @ plane[..., None]).squeeze(3).sum(dim=0)
                # from here on the values' gradient
                torch.mul(some_upstream, plane[:, :, None], out=product)
                values[:, :, :, tap] = product.mul_(factor[..., None])
            grad_x, grad_grid = torch.ops.aten.grid_sampler_2d_backward(
                values.view(-1, values.shape[2], *places.shape[2:4]),
                some.flatten(0, 1).to(places.dtype), places.flatten(0, 1),
                _BILINEAR, _ZEROS, False, (True, True))
            out[0].copy_(grad_x.view_as(some))
            out[1].copy_(grad_grid.view_as(places))
        return tuple(grads)


def _samples_at_a_time(x: Tensor, mask: Tensor) -> int:
    """Return the number of samples that fill a GPU or fit a CPU cache."""
    limit = 2**19 if x.device.type == 'cpu' else 2**26
    return max(1, limit // max(1, x[:1].numel() * mask.shape[2]))
