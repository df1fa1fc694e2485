"""The selective scan as one node of an exported graph.

The loop over tokens is PyTorch's ``scan`` higher-order operator: ONNX gets
one ``Scan`` node whose length is a dimension of the input, where a traced
loop would be thousands of nodes for one length. Nothing but standard
operators, differentiable, any device; slow when run eagerly, which is not
what it is for. ``selective_scan`` chooses it during ``torch.onnx.export``;
``torch.export`` for other purposes keeps the opaque custom operator, unless
this backend is asked for by name.

The directions of a multi-directional scan stay one batch axis inside the
loop, so that six directions are still one ``Scan``; their orders are a
``Gather`` in front of it and one behind it.
"""
from typing import Any, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .problem import ScanProblem
from .walk import from_walk, to_walk, walk_index

NAME = 'export'
DEVICES = None
COMPOSITE = True
NATIVE_16BIT = False


def _operator() -> Any:
    """``scan`` of the installed torch; it moved between releases."""
    from torch._higher_order_ops import scan
    if not callable(scan):  # the module of that name
        return scan.scan
    return scan


def availability() -> Tuple[bool, str]:
    """Return whether this torch has the ``scan`` operator.

    Returns:
        tuple[bool, str]: Whether, and what is missing.
    """
    try:
        _operator()
    except (ImportError, AttributeError) as error:
        return False, (
            f'torch {torch.__version__} has no scan operator ({error}); '
            'get a newer one, 2.12 is tested: pip install -U torch')
    return True, ''


def supports(problem: ScanProblem) -> Tuple[bool, str]:
    """Report that every problem is made of standard operators.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[bool, str]: Always supported.
    """
    return True, ''


def _scan(operands: Sequence[Tensor], start: Tensor, A: Tensor,
          weight: Optional[Tensor]) -> Tuple[Tensor, Tensor]:
    """Run the recurrence over the first axis.

    Args:
        operands (Sequence[Tensor]): ``u`` and ``delta`` (P, M, G, D), ``B``
            and ``C`` (P, M, G, S); M is N * W.
        start (Tensor): (M, G, D, S), the state before the first step.
        A (Tensor): (G, D, S).
        weight (Tensor, optional): (G, D, S).

    Returns:
        tuple[Tensor, Tensor]: Outputs (P, M, G, D) and the last state (M,
        G, D, S).
    """

    def step(state: Tensor, now: Tuple[Tensor, ...]) -> Tuple[Tensor, Tensor]:
        u, dt, b, c = now
        decay = torch.exp(dt.unsqueeze(-1) * A)
        state = decay * state + (dt * u).unsqueeze(-1) * b.unsqueeze(-2)
        read = state if weight is None else state * weight
        return state, (read * c.unsqueeze(-2)).sum(-1)

    last, y = _operator()(step, start, tuple(operands), dim=0)
    return y, last


def _differentiable(start: Tensor, others: Sequence[Tensor]) -> Tensor:
    """Tie the zero state to the graph of something that needs a gradient.

    The backward pass of torch's operator hands no gradient from step to
    step when the first state needs none, and the result is silently wrong
    (seen with torch 2.12). ``where`` adds a zero that is zero for NaN
    operands too.
    """
    if not torch.is_grad_enabled() or torch.onnx.is_in_onnx_export():
        return start
    never = torch.zeros((), dtype=torch.bool, device=start.device)
    for tensor in others:
        if tensor.requires_grad:
            zero = torch.where(never, tensor.flatten()[0].to(start.dtype),
                               start.new_zeros(()))
            return start + zero
    return start


def run(problem: ScanProblem) -> Tuple[Tensor, Tensor]:
    """Scan with the higher-order operator.

    Args:
        problem (ScanProblem): The problem, at least one token.

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

    # Sizes inside the loop are symbols to the exporter, which cannot tell
    # that one of them is 1: nothing there may rely on broadcasting such an
    # axis, so samples and windows become one, in front of what A has.
    samples, groups, windows, channels, states = problem.last_shape()

    def position_first(tensor: Tensor) -> Tensor:
        return tensor.permute(3, 0, 2, 1, 4).flatten(1, 2)

    operands = [position_first(t) for t in (walk.u, delta, walk.B, walk.C)]
    start = problem.A.new_zeros(samples * windows, groups, channels, states)
    start = _differentiable(start, (problem.A, *operands))
    y, last = _scan(operands, start, problem.A, problem.state_weight)
    y = y.unflatten(1, (samples, windows)).permute(1, 3, 2, 0, 4)
    last = last.unflatten(0, (samples, windows)).transpose(1, 2)
    if problem.D is not None:
        y = y + problem.D[:, None, None] * walk.u
    return from_walk(problem, y, index), last
