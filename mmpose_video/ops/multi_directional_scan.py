"""Several scans over one token grid, each in its own order."""
from typing import Optional, Sequence

import torch
from torch import Tensor

from .problem import ScanProblem
from .selective_scan import run_scan

_INT_TYPES = (torch.int32, torch.int64)


def multi_directional_scan(
    x: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    orders: Optional[Tensor] = None,
    *,
    reverse: Optional[Sequence[bool]] = None,
    window: Optional[int] = None,
    dt_weight: Optional[Tensor] = None,
    D: Optional[Tensor] = None,
    delta_bias: Optional[Tensor] = None,
    delta_softplus: bool = True,
    merge: Optional[str] = None,
    backend: Optional[str] = None,
    allow_16bit: bool = False,
) -> Tensor:
    """Scan one token grid in K orders without K copies of it.

    All per-token operands are in natural token order (token ``l = (t * h +
    i) * w + j`` of a (T, h, w) grid), because a projection per token
    commutes with any order: project once, for all directions, with one
    matrix product. The kernel walks ``orders[k]`` and writes each output at
    its own token, so nothing is permuted before and nothing un-permuted
    afterwards.

    Whatever has a size of K may have 1 there (or miss the axis, for
    parameters): then all directions share it.

    Args:
        x (Tensor): Tokens (N, L, D), or the grid (N, D, T, h, w) of any
            strides (channels-last in memory is fastest).
        delta (Tensor): Step sizes (N, L, K, D) before bias and softplus;
            with ``dt_weight`` their low-rank form (N, L, K, R).
        A (Tensor): (K, D, S) or (D, S), negative.
        B (Tensor): (N, L, K, S).
        C (Tensor): (N, L, K, S).
        orders (Tensor, optional): (K, L) int32 or int64; ``orders[k, p]``
            is the token at position ``p``. Each row a permutation. None:
            natural order for all, then ``reverse`` gives K.
        reverse (Sequence[bool], optional): K flags; walk from the last
            position to the first. Defaults to all False.
        window (int, optional): Positions of an independent run: the state
            starts from zero at each multiple of it. Must divide L.
            Defaults to None, one run.
        dt_weight (Tensor, optional): (K, D, R) or (D, R); the step size is
            ``delta @ dt_weight[k].T``, inside the kernel where it can.
        D (Tensor, optional): The skip, (K, D) or (D, ).
        delta_bias (Tensor, optional): (K, D) or (D, ).
        delta_softplus (bool): Defaults to True.
        merge (str, optional): None returns each direction; ``'sum'`` their
            sum, without keeping the single ones in memory.
        backend (str, optional): As in ``selective_scan``.
        allow_16bit (bool): As in ``selective_scan``.

    Returns:
        Tensor: (N, K, L, D), or (N, L, D) with ``merge='sum'``, natural
        token order, dtype of ``x``. For a grid (N, K, D, T, h, w) or
        (N, D, T, h, w), channels-last in memory.

    Raises:
        ValueError: Shapes do not fit, or ``merge`` is unknown.
        ScanBackendError: The backend asked for cannot serve.

    Examples:
        >>> x = torch.randn(1, 6, 4)
        >>> dt, b = torch.rand(1, 6, 2, 4), torch.randn(1, 6, 2, 16)
        >>> A = -torch.rand(4, 16)
        >>> orders = torch.arange(6).expand(2, 6)
        >>> y = multi_directional_scan(x, dt, A, b, b, orders,
        ...                            reverse=(False, True))
        >>> y.shape
        torch.Size([1, 2, 6, 4])
    """
    if merge not in (None, 'sum'):
        raise ValueError(f"merge must be None or 'sum', got {merge!r}.")
    if x.dim() not in (3, 5):
        raise ValueError('x must be (N, L, D) or (N, D, T, h, w), got '
                         f'{tuple(x.shape)}.')
    grid = x.shape[2:] if x.dim() == 5 else None
    tokens_x = x if grid is None else x.flatten(2).transpose(1, 2)
    samples, tokens, channels = tokens_x.shape

    if 0 in (channels, tokens, A.shape[-1]):
        raise ValueError('D, L and S must be at least 1, got '
                         f'{channels}, {tokens} and {A.shape[-1]}.')
    groups = _directions(orders, reverse, (delta, B, C))
    flags = (False, ) * groups
    if reverse is not None:
        flags = tuple(bool(flag) for flag in reverse)
    if len(flags) != groups:
        raise ValueError(f'reverse has {len(flags)} flags for {groups} '
                         'directions.')
    if orders is not None:
        if orders.dtype not in _INT_TYPES or orders.shape[1] != tokens:
            raise ValueError(
                f'orders must be int32 or int64 (K, L) with L {tokens}, got '
                f'{orders.dtype} {tuple(orders.shape)}.')
        orders = orders.to(x.device, torch.int32)
        orders = orders.expand(groups, tokens).contiguous()
    if window is None:
        window = tokens
    if window < 1 or tokens % window:
        raise ValueError(f'window {window} does not divide the {tokens} '
                         'tokens.')

    states = A.shape[-1]
    rank = channels
    if dt_weight is not None:
        rank = dt_weight.shape[-1]
        dt_weight = _parameter('dt_weight', dt_weight,
                               (groups, channels, rank))
    problem = ScanProblem(
        u=tokens_x[:, None],
        delta=_per_token('delta', delta, (samples, tokens, groups, rank)),
        A=_parameter('A', A, (groups, channels, states)),
        B=_per_token('B', B, (samples, tokens, groups, states)),
        C=_per_token('C', C, (samples, tokens, groups, states)),
        D=None if D is None else _parameter('D', D, (groups, channels)),
        delta_bias=None if delta_bias is None else _parameter(
            'delta_bias', delta_bias, (groups, channels)),
        dt_weight=dt_weight, state_weight=None, order=orders, reverse=flags,
        window=window, softplus=delta_softplus, sum_groups=merge == 'sum',
        token_major=True)
    y, _ = run_scan(problem, backend, allow_16bit)
    if grid is not None:
        y = y.transpose(2, 3).unflatten(3, grid)
    return y[:, 0] if merge == 'sum' else y


def _directions(orders: Optional[Tensor], reverse: Optional[Sequence[bool]],
                operands: Sequence[Tensor]) -> int:
    """Find K, the number of directions."""
    if orders is not None:
        if orders.dim() != 2:
            raise ValueError('orders must be (K, L), got '
                             f'{tuple(orders.shape)}.')
        if orders.shape[0] > 1 or reverse is None:
            return orders.shape[0]
    if reverse is not None:
        return len(reverse)
    return max(t.shape[2] for t in operands if t.dim() == 4)


def _per_token(name: str, tensor: Tensor,
               shape: Sequence[int]) -> Tensor:
    """Check (N, L, K or 1, X) and bring it to (N, K, L, X)."""
    samples, tokens, groups, width = shape
    if tensor.dim() != 4 or tensor.shape[2] not in (1, groups) or (
            tensor.shape[:2] != (samples, tokens)
            or tensor.shape[3] != width):
        raise ValueError(f'{name} must be (N, L, K, .) = {tuple(shape)} (K '
                         f'may be 1), got {tuple(tensor.shape)}.')
    return tensor.expand(-1, -1, groups, -1).transpose(1, 2)


def _parameter(name: str, tensor: Tensor, shape: Sequence[int]) -> Tensor:
    """Add the direction axis to a parameter."""
    full = tuple(shape)
    fits = tensor.shape == full[1:] or (
        tensor.dim() == len(full) and tensor.shape[1:] == full[1:]
        and tensor.shape[0] in (1, full[0]))
    if not fits:
        raise ValueError(f'{name} must be {full} or, shared by all '
                         f'directions, {full[1:]}; got '
                         f'{tuple(tensor.shape)}.')
    return tensor.expand(full)
