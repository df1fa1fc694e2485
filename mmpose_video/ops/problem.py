"""Internal form of a scan problem, which all backends take.

Shapes: N samples, G groups (a direction is a group), L tokens, D channels
of one group, S state size, R rank of the step-size projection.

For each sample, group ``g`` and channel ``d`` a backend walks the scan
positions ``p`` and computes, with ``t = order[g, p]`` (or ``t = p``)::

    x     = delta[n, g, t, d]                  (or, with ``dt_weight``,
            sum_r delta[n, g, t, r] * dt_weight[g, d, r])
    dt    = softplus(x + delta_bias[g, d])     (softplus where asked)
    h[s]  = exp(dt * A[g, d, s]) * h[s] + dt * B[n, g, t, s] * u[n, g, t, d]
    y[n, g, t, d] = sum_s C[n, g, t, s] * state_weight[g, d, s] * h[s]
                    + D[g, d] * u[n, g, t, d]

* Everything is stored in *natural* token order, in and out: ``order`` only
  says which token comes next. Row ``g`` is a permutation of ``range(L)``.
* ``reverse[g]`` walks the positions from the last to the first.
* ``window`` cuts the positions into ``L / window`` runs that know nothing
  of each other: ``h`` restarts from zero at ``p % window == 0`` (walking
  forward; at ``p % window == window - 1`` in reverse). ``window == L`` is
  the usual scan.
* Tensors may have any strides, zero included (shared between groups or
  samples by ``expand``); only ``u`` may in addition have a group axis of
  size 1, then its gradient is the sum over groups.
* ``sum_groups`` asks for ``y`` summed over the groups, ``(N, 1, L, D)``.

A backend is a module of this folder, listed in ``backends.py``, with:

``NAME``: str, ``DEVICES``: device types it serves, or None for all.
``availability() -> (bool, str)``
    Whether it can work on this machine, and if not, what is missing and
    which command gets it. Cheap (called once per process and cached).
``supports(problem) -> (bool, str)``
    Whether it can take this problem (dtype, sizes), else why not. It sees
    shapes, dtypes and devices only, never values.
``COMPOSITE``: bool
    True: ``run(problem) -> (y, last_state)`` made of differentiable torch
    operations. False: the three functions below, wrapped by ``scan_op.py``
    in one custom operator with its own backward.
``saved_shape(problem) -> tuple of int``
    Shape of the float tensor (``compute_dtype``) kept for the backward
    pass, for instance the states at chunk starts.
``forward(problem, save) -> (y, last_state, saved)``
    ``y``: ``problem.empty_output()``, dtype of ``u``, filled.
    ``last_state``: (N, G, L / window, D, S) contiguous, compute dtype.
    ``saved``: of ``saved_shape``; an empty ``(0,)`` tensor if not ``save``.
``backward(problem, saved, grad_y, grad_last, needs) -> dict``
    ``grad_y`` (N, G, L, D), any strides (an expanded group axis when
    ``sum_groups``); ``grad_last`` like ``last_state`` or None. ``needs``:
    the names out of ``GRAD_NAMES`` wanted. Returns name -> gradient, with
    the shape and dtype of that field (freshly allocated, dense).
``NATIVE_16BIT``: bool
    Whether float16 / bfloat16 ``u, delta, B, C`` may come as they are
    (state and arithmetic still float32). Otherwise they come as float32.

``A, D, delta_bias, dt_weight, state_weight`` always have
``compute_dtype`` (float32, or float64 when ``u`` is float64).
"""
from dataclasses import dataclass
from typing import Optional, Tuple

import torch
from torch import Tensor

GRAD_NAMES = ('u', 'delta', 'A', 'B', 'C', 'D', 'delta_bias', 'dt_weight',
              'state_weight')


@dataclass
class ScanProblem:
    """Operands of one scan; the module's docstring says what they mean.

    Attributes:
        u (Tensor): (N, 1 or G, L, D).
        delta (Tensor): (N, G, L, D), or (N, G, L, R) with ``dt_weight``.
        A (Tensor): (G, D, S).
        B (Tensor): (N, G, L, S).
        C (Tensor): (N, G, L, S).
        D (Tensor, optional): (G, D), the skip.
        delta_bias (Tensor, optional): (G, D).
        dt_weight (Tensor, optional): (G, D, R).
        state_weight (Tensor, optional): (G, D, S); what is left of B and C
            that are constant over tokens.
        order (Tensor, optional): (G, L) int32, contiguous.
        reverse (tuple[bool]): Length G.
        window (int): Tokens of one independent run; divides L.
        softplus (bool): Softplus on the step size.
        sum_groups (bool): Sum ``y`` over groups.
        token_major (bool): Memory layout of ``y``: (N, G, L, D) contiguous
            if True, else (N, G, D, L) contiguous seen through a transpose.
    """
    u: Tensor
    delta: Tensor
    A: Tensor
    B: Tensor
    C: Tensor
    D: Optional[Tensor]
    delta_bias: Optional[Tensor]
    dt_weight: Optional[Tensor]
    state_weight: Optional[Tensor]
    order: Optional[Tensor]
    reverse: Tuple[bool, ...]
    window: int
    softplus: bool
    sum_groups: bool = False
    token_major: bool = True

    @property
    def samples(self) -> int:
        """int: N."""
        return self.u.shape[0]

    @property
    def groups(self) -> int:
        """int: G."""
        return self.A.shape[0]

    @property
    def tokens(self) -> int:
        """int: L."""
        return self.u.shape[2]

    @property
    def channels(self) -> int:
        """int: D, channels of one group."""
        return self.A.shape[1]

    @property
    def states(self) -> int:
        """int: S."""
        return self.A.shape[2]

    @property
    def windows(self) -> int:
        """int: Independent runs per sample and group, L / window."""
        return self.tokens // self.window if self.window else 1

    @property
    def compute_dtype(self) -> torch.dtype:
        """torch.dtype: float64 for float64 ``u``, otherwise float32."""
        if self.u.dtype == torch.float64:
            return torch.float64
        return torch.float32

    def last_shape(self) -> Tuple[int, ...]:
        """Return the shape of the last state.

        Returns:
            tuple[int]: (N, G, L / window, D, S).
        """
        return (self.samples, self.groups, self.windows, self.channels,
                self.states)

    def empty_output(self) -> Tensor:
        """Allocate ``y``.

        Returns:
            Tensor: (N, G, L, D), or (N, 1, L, D) with ``sum_groups``, in
            the layout that ``token_major`` asks for, dtype of ``u``.
        """
        groups = 1 if self.sum_groups else self.groups
        if self.token_major:
            return self.u.new_empty(
                (self.samples, groups, self.tokens, self.channels))
        return self.u.new_empty(
            (self.samples, groups, self.channels,
             self.tokens)).transpose(2, 3)


def empty_like_operand(operand: Tensor) -> Tensor:
    """Allocate the gradient of a per-token operand in the operand's layout.

    Args:
        operand (Tensor): (N, G, L, X), any strides; other shapes get a
            contiguous tensor.

    Returns:
        Tensor: The same shape and dtype, dense: token-major, or
        feature-major where the operand's tokens lie next to each other.
    """
    shape = tuple(operand.shape)
    if operand.dim() == 4 and operand.stride(2) == 1 and (
            operand.stride(3) != 1):
        return operand.new_empty(
            (*shape[:2], shape[3], shape[2])).transpose(2, 3)
    return operand.new_empty(shape)
