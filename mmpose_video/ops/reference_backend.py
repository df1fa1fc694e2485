"""The plain loop, the reference of the other backends' tests.

Recurrence of Mamba (arXiv 2312.00752, eq. 2 with the zero-order hold for A
and Euler's rule for B), one step after the other. Any floating dtype, any
device, differentiable. The token axis is unbound once, not indexed in the
loop: indexing makes the backward pass quadratic in the length.
"""
from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .problem import ScanProblem
from .walk import from_walk, to_walk, walk_index

NAME = 'reference'
DEVICES = None
COMPOSITE = True
NATIVE_16BIT = False


def availability() -> Tuple[bool, str]:
    """Report the loop as available; it needs nothing.

    Returns:
        tuple[bool, str]: Always available.
    """
    return True, ''


def supports(problem: ScanProblem) -> Tuple[bool, str]:
    """Report that the loop takes every problem.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[bool, str]: Always supported.
    """
    return True, ''


def run(problem: ScanProblem) -> Tuple[Tensor, Tensor]:
    """Scan with a loop over positions.

    Args:
        problem (ScanProblem): The problem, L may be 0.

    Returns:
        tuple[Tensor, Tensor]: ``y`` (N, 1 or G, L, D) and the last state
        (N, G, W, D, S).
    """
    index = walk_index(problem)
    walk = to_walk(problem, index)
    delta = walk.delta
    if problem.delta_bias is not None:
        delta = delta + problem.delta_bias[:, None, None]
    if problem.softplus:
        delta = F.softplus(delta)
    A = problem.A[:, None]
    weight = None
    if problem.state_weight is not None:
        weight = problem.state_weight[:, None]

    state = walk.u.new_zeros(problem.last_shape())
    outputs = []
    # (P, N, G, W, .): position first, so that a step is one view.
    steps = zip(*(t.movedim(3, 0).unbind(0)
                  for t in (walk.u, delta, walk.B, walk.C)))
    for u, dt, b, c in steps:
        decay = torch.exp(dt[..., None] * A)
        state = decay * state + (dt * u)[..., None] * b[..., None, :]
        read = state if weight is None else state * weight
        outputs.append((read * c[..., None, :]).sum(-1))
    y = torch.stack(outputs, 3) if outputs else walk.u
    if problem.D is not None:
        y = y + problem.D[:, None, None] * walk.u
    return from_walk(problem, y, index), state
