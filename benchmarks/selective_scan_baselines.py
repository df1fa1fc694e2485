"""Baselines of the scan, written from the published methods.

``time_indexed_loop`` does the operations of mamba_ssm's
``selective_scan_ref`` in the same sequence and over the same tensors:
everything of size D x L x S at once, then a loop that indexes the time axis.
``parallel_scan`` does the work of mamba.py's scan: an up-sweep and a
down-sweep over pairs on tensors of size L x D x S, with its own backward
scan. ``vmamba_style`` is the six-direction operator with materialised
permutations, as vision Mambas have it.
"""
from typing import Any, Callable, Dict, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mmpose_video.ops import multi_directional_scan


def time_indexed_loop(u: Tensor, delta: Tensor, A: Tensor, B: Tensor,
                      C: Tensor, D: Tensor, delta_bias: Tensor) -> Tensor:
    """Loop over tokens; B and C (N, S, L) or (N, G, S, L)."""
    dt = F.softplus(delta + delta_bias[:, None])
    decay = torch.exp(torch.einsum('bdl,dn->bdln', dt, A))
    grouped = B.dim() == 4
    if grouped:
        B = B.repeat_interleave(u.shape[1] // B.shape[1], 1)
        C = C.repeat_interleave(u.shape[1] // C.shape[1], 1)
        driven = torch.einsum('bdl,bdnl,bdl->bdln', dt, B, u)
    else:
        driven = torch.einsum('bdl,bnl,bdl->bdln', dt, B, u)
    state = u.new_zeros(*u.shape[:2], A.shape[1])
    outputs = []
    for t in range(u.shape[2]):
        state = decay[:, :, t] * state + driven[:, :, t]
        if grouped:
            y = torch.einsum('bdn,bdn->bd', state, C[:, :, :, t])
        else:
            y = torch.einsum('bdn,bn->bd', state, C[:, :, t])
        outputs.append(y)
    return torch.stack(outputs, 2) + u * D[:, None]


def _sweep(a: Tensor, x: Tensor) -> Tensor:
    """Scan ``h[t] = a[t] * h[t - 1] + x[t]`` over axis 1, by pairs."""
    length = a.shape[1]
    if length == 1:
        return x
    odd = length // 2 * 2
    pair_a = a[:, 1:odd:2] * a[:, 0:odd:2]
    pair_x = torch.addcmul(x[:, 1:odd:2], a[:, 1:odd:2], x[:, 0:odd:2])
    ends = _sweep(pair_a, pair_x)
    out = torch.empty_like(x)
    out[:, 1::2] = ends
    out[:, 0] = x[:, 0]
    rest = out[:, 2::2]
    torch.addcmul(x[:, 2::2], a[:, 2::2], ends[:, :rest.shape[1]], out=rest)
    return out


class _ParallelScan(torch.autograd.Function):
    """The sweep, and the same backwards for the gradient."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, x: Tensor) -> Tensor:
        h = _sweep(a, x)
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tuple[Tensor, Tensor]:
        a, h = ctx.saved_tensors
        after = torch.cat([torch.ones_like(a[:, :1]), a[:, 1:].flip(1)], 1)
        g = _sweep(after, grad.flip(1)).flip(1)
        grad_a = torch.zeros_like(a)
        grad_a[:, 1:] = g[:, 1:] * h[:, :-1]
        return grad_a, g


def parallel_scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor,
                  D: Tensor, delta_bias: Tensor) -> Tensor:
    """Scan of all of L x D x S at once; B and C (N, S, L)."""
    x = u.transpose(1, 2)
    dt = F.softplus(delta + delta_bias[:, None]).transpose(1, 2)[..., None]
    decay = torch.exp(dt * A)
    driven = dt * B.transpose(1, 2)[:, :, None] * x[..., None]
    h = _ParallelScan.apply(decay, driven)
    y = (h @ C.transpose(1, 2)[..., None]).squeeze(3)
    return (y + D * x).transpose(1, 2)


def vmamba_style(scan: Callable[..., Tensor], x: Tensor, weights: Dict[
        str, Tensor], orders: Tensor, reverse: Tuple[bool, ...]) -> Tensor:
    """Scan by permuted copies, projections per direction, and a merge.

    Args:
        scan (Callable): ``selective_scan`` of some kind.
        x (Tensor): (N, L, D).
        weights (dict[str, Tensor]): See ``operator_inputs``.
        orders (Tensor): (K, L).
        reverse (tuple[bool]): K flags.

    Returns:
        Tensor: (N, L, D).
    """
    samples, tokens, channels = x.shape
    walks = torch.stack([row.flip(0) if back else row
                         for row, back in zip(orders.long(), reverse)])
    directions = len(walks)
    states, rank = weights['A'].shape[-1], weights['dt_weight'].shape[-1]
    copies = x.transpose(1, 2)[:, :, walks].transpose(1, 2)  # (N, K, D, L)
    projected = torch.einsum('nkdl,kcd->nkcl', copies, weights['project'])
    low, B, C = projected.split([rank, states, states], 2)
    delta = torch.einsum('nkrl,kdr->nkdl', low, weights['dt_weight'])
    y = scan(copies.flatten(1, 2), delta.flatten(1, 2),
             weights['A'].flatten(0, 1), B.contiguous(), C.contiguous(),
             weights['D'].flatten(), delta_bias=weights['bias'].flatten())
    y = y.view(samples, directions, channels, tokens)
    merged = torch.zeros_like(x).transpose(1, 2)
    for k, back_walk in enumerate(walks.argsort(1)):
        merged = merged + y[:, k][:, :, back_walk]
    return merged.transpose(1, 2)


def natural_order(x: Tensor, weights: Dict[str, Tensor], orders: Tensor,
                  reverse: Tuple[bool, ...], backend: str) -> Tensor:
    """Compute the same operator by ``multi_directional_scan``."""
    directions, width, channels = weights['project'].shape
    states, rank = weights['A'].shape[-1], weights['dt_weight'].shape[-1]
    projected = F.linear(x, weights['project'].reshape(-1, channels))
    low, B, C = projected.unflatten(2, (directions, width)).split(
        [rank, states, states], 3)
    return multi_directional_scan(
        x, low, weights['A'], B, C, orders, reverse=reverse,
        dt_weight=weights['dt_weight'], D=weights['D'],
        delta_bias=weights['bias'], merge='sum', backend=backend)
