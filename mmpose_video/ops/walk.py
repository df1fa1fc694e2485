"""Bring a scan problem into walking order by copies.

For backends whose kernel can only walk straight ahead (``reference``,
``mamba_ssm``, ``export``). Everything here is differentiable.
"""
from typing import NamedTuple, Optional

import torch
from torch import Tensor

from .problem import ScanProblem


class Walk(NamedTuple):
    """Operands in walking order; W windows of P positions each.

    Attributes:
        u (Tensor): (N, G, W, P, D).
        delta (Tensor): (N, G, W, P, D), projected, no bias, no softplus.
        B (Tensor): (N, G, W, P, S).
        C (Tensor): (N, G, W, P, S).
    """
    u: Tensor
    delta: Tensor
    B: Tensor
    C: Tensor


def walk_index(problem: ScanProblem) -> Optional[Tensor]:
    """Return the token of each step, direction included.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        Tensor or None: (G, L) int64, window after window, each in the
        direction walked; None when that is ``range(L)`` for all groups.
    """
    order = problem.order
    if order is None and not any(problem.reverse):
        return None
    groups, tokens = problem.groups, problem.tokens
    if order is None:
        rows = torch.arange(tokens, device=problem.u.device)
        rows = rows.expand(groups, tokens)
    else:
        rows = order.long()
    rows = rows.reshape(groups, -1, problem.window)
    out = [
        row.flip(-1) if back else row
        for row, back in zip(rows.unbind(0), problem.reverse)
    ]
    return torch.stack(out).reshape(groups, tokens)


def take(tensor: Tensor, index: Optional[Tensor], groups: int) -> Tensor:
    """Gather token rows, a different list for each group.

    Args:
        tensor (Tensor): (N, 1 or G, L, X).
        index (Tensor, optional): (G, P) int64; None for no change.
        groups (int): G.

    Returns:
        Tensor: (N, G, P, X).
    """
    tensor = tensor.expand(-1, groups, -1, -1)
    if index is None:
        return tensor
    which = torch.arange(groups, device=tensor.device)[:, None]
    return tensor[:, which, index]


def to_walk(problem: ScanProblem, index: Optional[Tensor]) -> Walk:
    """Gather all per-token operands and project the step size.

    Args:
        problem (ScanProblem): The problem.
        index (Tensor, optional): What ``walk_index`` returned.

    Returns:
        Walk: The operands in walking order.
    """
    delta = problem.delta
    if problem.dt_weight is not None:
        weight = problem.dt_weight.to(delta.dtype)
        delta = torch.matmul(delta, weight.transpose(1, 2))
    parts = []
    for tensor in (problem.u, delta, problem.B, problem.C):
        rows = take(tensor, index, problem.groups)
        shape = rows.shape[:2] + (problem.windows, problem.window,
                                  rows.shape[-1])
        parts.append(rows.reshape(shape))
    return Walk(*parts)


def from_walk(problem: ScanProblem, y: Tensor,
              index: Optional[Tensor]) -> Tensor:
    """Put an output in walking order back into natural token order.

    Args:
        problem (ScanProblem): The problem.
        y (Tensor): (N, G, W, P, D).
        index (Tensor, optional): What ``walk_index`` returned.

    Returns:
        Tensor: (N, G, L, D), or (N, 1, L, D) with ``sum_groups``.
    """
    y = y.reshape(y.shape[0], y.shape[1], problem.tokens, y.shape[-1])
    if index is not None:
        y = take(y, index.argsort(-1), problem.groups)
    if problem.sum_groups:
        y = y.sum(1, keepdim=True)
    return y
