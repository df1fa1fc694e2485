"""Chunked scan in pure PyTorch, with its own backward pass.

Two passes over a segment of C chunks of T positions (``torch_layout.py``).
The first runs all chunks side by side from a zero state and keeps only
where they end; a short chain then carries the true states over the chunks
(the decay over a chunk is ``exp(A * sum(dt))``); the second runs again from
the true states. That is about ``2 * T + C`` operations for ``T * C``
positions. Nothing of size L x D x S is ever kept: backward recomputes the
states of a segment from its starting state.

No exponential can overflow for ``A <= 0``: only ``exp(dt * A)`` and ``exp(A
* sum(dt))`` are ever taken, with arguments ``<= 0``, and nothing is divided
by a decay.
"""
from typing import Dict, NamedTuple, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .problem import ScanProblem
from .torch_layout import Layout, make_plan

NAME = 'torch'
DEVICES = None
COMPOSITE = False
NATIVE_16BIT = False

_LOG2_E = 1.4426950408889634
_Span = Tuple[int, int]


def availability() -> Tuple[bool, str]:
    """Report the backend as available; it needs PyTorch alone.

    Returns:
        tuple[bool, str]: Always available.
    """
    return True, ''


def supports(problem: ScanProblem) -> Tuple[bool, str]:
    """Report that the backend takes every problem.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[bool, str]: Always supported.
    """
    return True, ''


def saved_shape(problem: ScanProblem) -> Tuple[int, ...]:
    """Return the shape of the states at segment starts.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[int, ...]: (segments, M, S, D).
    """
    runs = problem.samples * problem.groups * problem.windows
    return (make_plan(problem).segments, runs, problem.states,
            problem.channels)


class _Segment(NamedTuple):
    """Operands of one segment.

    Attributes:
        raw (Tensor): Step size before bias and softplus, rows
            (N, G, W, P, D).
        low (Tensor, optional): Its low-rank form, rows (N, G, W, P, R).
        dt (Tensor): (T, M, C, D).
        u (Tensor): (T, M, C, D).
        B (Tensor): (T, M, C, S).
        C (Tensor): (T, M, C, S).
    """
    raw: Tensor
    low: Optional[Tensor]
    dt: Tensor
    u: Tensor
    B: Tensor
    C: Tensor


class _Scan:
    """Layout, parameters and buffers of one problem."""

    def __init__(self, problem: ScanProblem) -> None:
        self.problem = problem
        self.layout = Layout(problem)
        # (M, 1, S, D), to go with (T, M, C, S, D).
        self.A = self.layout.per_run(problem.A.transpose(1, 2))[:, None]
        # PyTorch's exp2 takes a fifth of the time of its exp on a CPU.
        self.rate = self.A * _LOG2_E
        self.weight: Optional[Tensor] = None
        if problem.state_weight is not None:
            self.weight = self.layout.per_run(
                problem.state_weight.transpose(1, 2))[:, None]
        plan = self.layout.plan
        self.shape = (plan.steps, self.layout.runs, plan.chunks,
                      problem.states, problem.channels)
        self.decay = self.buffer()
        self.state = self.buffer()
        # One view per step, made once: a view costs as much as a short op.
        self.decay_at = self.decay.unbind(0)
        self.state_at = self.state.unbind(0)

    def buffer(self) -> Tensor:
        """Allocate a (T, M, C, S, D) buffer."""
        return torch.empty(self.shape, dtype=self.A.dtype,
                           device=self.A.device)

    def load(self, span: _Span) -> _Segment:
        """Gather a segment's operands."""
        problem, layout = self.problem, self.layout
        raw, low = layout.rows(problem.delta, span), None
        if problem.dt_weight is not None:
            low = raw
            weight = problem.dt_weight.transpose(1, 2)[:, None]
            raw = torch.matmul(low, weight)
        if problem.delta_bias is not None:
            raw = raw + problem.delta_bias[:, None, None]
        dt = F.softplus(raw) if problem.softplus else raw
        return _Segment(raw, low, layout.fold(dt), *(
            layout.fold(layout.rows(tensor, span))
            for tensor in (problem.u, problem.B, problem.C)))

    def states(self, part: _Segment, first: Tensor) -> Tensor:
        """Fill ``decay`` and ``state`` for a segment.

        Args:
            part (_Segment): The segment.
            first (Tensor): State before it, (M, S, D).

        Returns:
            Tensor: State before each chunk, (M, C, S, D).
        """
        decay, state = self.decay, self.state
        torch.mul(part.dt[..., None, :], self.rate, out=decay)
        decay.exp2_()
        torch.mul((part.dt * part.u)[..., None, :], part.B[..., None],
                  out=state)
        steps, chunks = self.shape[0], self.shape[2]
        before = first[:, None]
        if chunks > 1:
            end = state[0].clone()
            for t in range(1, steps):
                torch.addcmul(self.state_at[t], self.decay_at[t], end,
                              out=end)
            total = torch.exp2(self.rate * part.dt.sum(0)[..., None, :])
            before = _chain(total, end, first)
        state[0].addcmul_(decay[0], before)
        for t in range(1, steps):
            self.state_at[t].addcmul_(self.decay_at[t], self.state_at[t - 1])
        return before


def _chain(total: Tensor, end: Tensor, first: Tensor) -> Tensor:
    """Carry the state over chunks: ``s[c + 1] = total[c] * s[c] + end[c]``.

    Args:
        total (Tensor): Decay over each chunk, (M, C, S, D).
        end (Tensor): End of each chunk run from zero, (M, C, S, D).
        first (Tensor): State before the first, (M, S, D).

    Returns:
        Tensor: State before each chunk, (M, C, S, D).
    """
    out = end.roll(1, 1)
    out[:, 0] = first
    for c in range(1, out.shape[1]):
        out[:, c].addcmul_(total[:, c - 1], out[:, c - 1])
    return out


def forward(problem: ScanProblem,
            save: bool) -> Tuple[Tensor, Tensor, Tensor]:
    """Scan.

    Args:
        problem (ScanProblem): The problem.
        save (bool): Keep the segments' starting states.

    Returns:
        tuple[Tensor, Tensor, Tensor]: ``y``, last state and starting states
        (see ``problem.py``).
    """
    scan = _Scan(problem)
    layout = scan.layout
    y = problem.empty_output()
    if problem.sum_groups:
        y.zero_()
    starts = scan.A.new_empty(saved_shape(problem) if save else (0, ))
    last = scan.A.new_zeros(layout.runs, problem.states, problem.channels)
    for number, span in enumerate(layout.spans()):
        part = scan.load(span)
        if save:
            starts[number] = last
        scan.states(part, last)
        # Behind the last position dt is 0, so the state stays what it was.
        last = scan.state[-1, :, -1].clone()
        read = scan.state
        if scan.weight is not None:
            read.mul_(scan.weight)
        read.mul_(part.C[..., None])
        rows = layout.unfold(read.sum(3), span)
        if problem.D is not None:
            rows = torch.addcmul(rows, layout.rows(problem.u, span),
                                 problem.D[:, None, None])
        layout.put(y, rows, span)
    last = last.transpose(1, 2).reshape(problem.last_shape()).contiguous()
    return y, last, starts


def backward(problem: ScanProblem, saved: Tensor, grad_y: Tensor,
             grad_last: Optional[Tensor],
             needs: Tuple[str, ...]) -> Dict[str, Tensor]:
    """Compute the gradients, segments from the last to the first.

    With ``g[t]`` the gradient of the state: ``g[t] = C[t] * dy[t] +
    decay[t + 1] * g[t + 1]``, by the same two passes in reverse.

    Args:
        problem (ScanProblem): The problem.
        saved (Tensor): The starting states of ``forward``.
        grad_y (Tensor): (N, G, L, D).
        grad_last (Tensor, optional): (N, G, W, D, S).
        needs (tuple[str, ...]): The gradients wanted.

    Returns:
        dict[str, Tensor]: The gradients wanted.
    """
    scan = _Scan(problem)
    layout = scan.layout
    out = {
        name: torch.zeros(getattr(problem, name).shape, dtype=scan.A.dtype,
                          device=scan.A.device)
        for name in needs
    }
    grad_state, scratch = scan.buffer(), scan.buffer()
    carry = torch.zeros_like(scan.state[0, :, 0])
    if grad_last is not None:
        carry = grad_last.flatten(0, 2).transpose(1, 2).contiguous()
    spans = list(layout.spans())
    for number in reversed(range(len(spans))):
        span = spans[number]
        part = scan.load(span)
        before = scan.states(part, saved[number])
        dy_rows = layout.rows(grad_y, span)
        dy = layout.fold(dy_rows)
        carry = _grad_states(scan, part, dy, carry, grad_state)
        _token_grads(scan, part, dy, before, grad_state, scratch, span,
                     dy_rows, out)
    return {name: grad.to(getattr(problem, name).dtype)
            for name, grad in out.items()}


def _grad_states(scan: _Scan, part: _Segment, dy: Tensor, carry: Tensor,
                 grad: Tensor) -> Tensor:
    """Fill ``grad`` with the gradients of a segment's states.

    Returns:
        Tensor: Gradient of the state before the segment, (M, S, D).
    """
    torch.mul(dy[..., None, :], part.C[..., None], out=grad)
    if scan.weight is not None:
        grad.mul_(scan.weight)
    decay, steps = scan.decay_at, scan.shape[0]
    grad_at = grad.unbind(0)
    after = carry[:, None]
    if scan.shape[2] > 1:
        end = grad[-1].clone()
        for t in range(steps - 2, -1, -1):
            torch.addcmul(grad_at[t], decay[t + 1], end, out=end)
        end.mul_(decay[0])
        total = torch.exp2(scan.rate * part.dt.sum(0)[..., None, :])
        after = _chain(total.flip(1), end.flip(1), carry).flip(1)
    grad[-1].add_(after)
    for t in range(steps - 2, -1, -1):
        grad_at[t].addcmul_(decay[t + 1], grad_at[t + 1])
    return decay[0][:, 0] * grad[0, :, 0]


def _token_grads(scan: _Scan, part: _Segment, dy: Tensor, before: Tensor,
                 grad: Tensor, scratch: Tensor, span: _Span, dy_rows: Tensor,
                 out: Dict[str, Tensor]) -> None:
    """Reduce a segment's state gradients; overwrites the buffers."""
    problem, layout = scan.problem, scan.layout
    if 'B' in out:
        torch.mul(grad, (part.dt * part.u)[..., None, :], out=scratch)
        layout.put(out['B'], layout.unfold(scratch.sum(4), span), span)
    if 'C' in out or 'state_weight' in out:
        torch.mul(scan.state, dy[..., None, :], out=scratch)
        if 'state_weight' in out:
            total = (scratch * part.C[..., None]).sum((0, 2))
            out['state_weight'] += layout.per_group(total).transpose(1, 2)
        if 'C' in out:
            if scan.weight is not None:
                scratch.mul_(scan.weight)
            layout.put(out['C'], layout.unfold(scratch.sum(4), span), span)
    torch.mul(grad, part.B[..., None], out=scratch)
    through_input = scratch.sum(3)
    u_rows = layout.rows(problem.u, span)
    if 'u' in out:
        rows = layout.unfold(through_input * part.dt, span)
        if problem.D is not None:
            rows = torch.addcmul(rows, dy_rows, problem.D[:, None, None])
        layout.put(out['u'], rows, span)
    if 'D' in out:
        out['D'] += (dy_rows * u_rows).sum((0, 2, 3))
    if not {'A', 'delta', 'delta_bias', 'dt_weight'} & set(out):
        return

    # d exp(dt * A) = decay * (A d dt + dt dA), times the state before.
    grad.mul_(scan.decay)
    grad[0].mul_(before)
    grad[1:].mul_(scan.state[:-1])
    if 'A' in out:
        torch.mul(grad, part.dt[..., None, :], out=scratch)
        total = layout.per_group(scratch.sum((0, 2)))
        out['A'] += total.transpose(1, 2)
    grad.mul_(scan.A)
    step = grad.sum(3).addcmul_(through_input, part.u)
    rows = layout.unfold(step, span)
    if problem.softplus:
        rows = rows * torch.sigmoid(part.raw)
    if 'delta_bias' in out:
        out['delta_bias'] += rows.sum((0, 2, 3))
    if problem.dt_weight is None:
        if 'delta' in out:
            layout.put(out['delta'], rows, span)
        return
    assert part.low is not None
    if 'delta' in out:
        low = torch.matmul(rows, problem.dt_weight[:, None])
        layout.put(out['delta'], low, span)
    if 'dt_weight' in out:
        out['dt_weight'] += torch.einsum('ngwpd,ngwpr->gdr', rows, part.low)
