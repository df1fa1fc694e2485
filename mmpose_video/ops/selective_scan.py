"""The selective scan of Mamba (arXiv 2312.00752, algorithm 2)."""
from typing import NamedTuple, Optional, Tuple, Union

import torch
import torch.nn.functional as F
from torch import Tensor

from .backends import get_backend, is_composite, requested_backend, resolve
from .problem import ScanProblem
from .scan_op import scan_forward_op


def run_scan(problem: ScanProblem, backend: Optional[str] = None,
             allow_16bit: bool = False) -> Tuple[Tensor, Tensor]:
    """Run a problem in internal form on the backend that serves it.

    Args:
        problem (ScanProblem): The problem. 16-bit operands are brought to
            float32 here unless allowed and served natively.
        backend (str, optional): Name of the backend; None for the
            environment variable, or else the automatic choice.
        allow_16bit (bool): Hand 16-bit ``u, delta, B, C`` to the kernel as
            they are. Defaults to False.

    Returns:
        tuple[Tensor, Tensor]: ``y`` (N, 1 or G, L, D) in the dtype that
        ``u`` came with and the last state (N, G, W, D, S) in float32 (or
        float64).

    Raises:
        ScanBackendError: The backend asked for cannot serve.
    """
    dtype = problem.u.dtype
    name = requested_backend(backend)
    if name == 'auto' and torch.onnx.is_in_onnx_export():
        name = 'export'
    compute = problem.compute_dtype
    storage = compute
    half = dtype in (torch.float16, torch.bfloat16)
    if half and allow_16bit and _native_16bit(name, problem):
        storage = dtype
    for field in ('u', 'delta', 'B', 'C'):
        setattr(problem, field, getattr(problem, field).to(storage))
    for field in ('A', 'D', 'delta_bias', 'dt_weight', 'state_weight'):
        tensor = getattr(problem, field)
        if tensor is not None:
            setattr(problem, field, tensor.to(compute))

    if is_composite(name):
        module = get_backend(name)
        with torch.autocast(problem.u.device.type, enabled=False):
            y, last = module.run(problem)
        return y.to(dtype), last
    p = problem
    operands = (p.u, p.delta, p.A, p.B, p.C, p.D, p.delta_bias, p.dt_weight,
                p.state_weight)
    save = torch.is_grad_enabled() and any(
        t is not None and t.requires_grad for t in operands)
    y, last, _ = scan_forward_op(*operands, p.order, list(p.reverse),
                                 p.window, p.softplus, p.sum_groups,
                                 p.token_major, save, name)
    return y.to(dtype), last


def _native_16bit(name: str, problem: ScanProblem) -> bool:
    """Return whether the serving backend reads 16-bit operands."""
    if is_composite(name):
        return False
    return bool(resolve(name, problem).NATIVE_16BIT)


class _Routed(NamedTuple):
    """B or C as the kernel wants it: per token, constants split off."""
    per_token: Tensor
    constant: Optional[Tensor]


def _route(name: str, tensor: Tensor, samples: int, channels: int,
           tokens: int, states: int) -> _Routed:
    """Bring one of B and C to (N, G, L, S)."""
    if tensor.is_complex():
        raise TypeError(f'{name} is complex; only real scans are supported.')
    if tensor.dim() == 2:
        if tensor.shape != (channels, states):
            raise ValueError(
                f'{name} constant over tokens must be (D, S) = '
                f'{(channels, states)}, got {tuple(tensor.shape)}.')
        ones = tensor.new_ones(1, 1, 1, 1)
        return _Routed(ones.expand(samples, 1, tokens, states), tensor)
    if tensor.dim() == 3:
        tensor = tensor[:, None]
    if tensor.dim() != 4 or (tensor.shape[0], tensor.shape[2],
                             tensor.shape[3]) != (samples, states, tokens):
        raise ValueError(
            f'{name} must be (D, S), (N, S, L) or (N, G, S, L) with N '
            f'{samples}, D {channels}, S {states}, L {tokens}; got '
            f'{tuple(tensor.shape)}.')
    if channels % tensor.shape[1]:
        raise ValueError(f'{name} has {tensor.shape[1]} groups, which do not '
                         f'divide the {channels} channels.')
    return _Routed(tensor.transpose(2, 3), None)


def _common_groups(B: Tensor, C: Tensor) -> Tuple[Tensor, Tensor]:
    """Expand B and C to the same number of groups."""
    groups = max(B.shape[1], C.shape[1])
    out = []
    for tensor in (B, C):
        if tensor.shape[1] not in (1, groups):
            raise ValueError(
                f'B has {B.shape[1]} and C {C.shape[1]} groups; they must be '
                'equal, or 1.')
        out.append(tensor.expand(-1, groups, -1, -1))
    return out[0], out[1]


def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Optional[Tensor] = None,
    z: Optional[Tensor] = None,
    delta_bias: Optional[Tensor] = None,
    delta_softplus: bool = False,
    return_last_state: bool = False,
    *,
    backend: Optional[str] = None,
    allow_16bit: bool = False,
) -> Union[Tensor, Tuple[Tensor, Tensor]]:
    """Run a selective scan, called as mamba_ssm's ``selective_scan_fn``.

    For each sample and channel, with ``dt = delta + delta_bias`` (softplus
    of it if asked), over tokens ``l``::

        h = exp(dt[l] * A) * h + dt[l] * B[l] * u[l]
        y[l] = (C[l] * h).sum() + D * u[l]
        y[l] = y[l] * silu(z[l])

    Computed in float32 (float64 for float64 input), under autocast too;
    16-bit input is brought to float32 first and the output returned in the
    dtype of ``u``.

    Args:
        u (Tensor): (N, D, L), any strides.
        delta (Tensor): (N, D, L).
        A (Tensor): (D, S), real.
        B (Tensor): (D, S), (N, S, L) or (N, G, S, L); group ``g`` serves
            channels ``g * D / G`` to ``(g + 1) * D / G - 1``.
        C (Tensor): As B.
        D (Tensor, optional): (D, ), the skip.
        z (Tensor, optional): (N, D, L), the gate.
        delta_bias (Tensor, optional): (D, ).
        delta_softplus (bool): Defaults to False.
        return_last_state (bool): Return the state after the last token as
            well. Defaults to False.
        backend (str, optional): One of ``available_backends()``; None for
            the environment variable ``MMPOSE_VIDEO_SCAN_BACKEND``, or else
            the automatic choice.
        allow_16bit (bool): Let a kernel read 16-bit ``u, delta, B, C``
            directly (state and sums stay float32). Defaults to False.

    Returns:
        Tensor or tuple[Tensor, Tensor]: ``y`` (N, D, L), and with
        ``return_last_state`` the last state (N, D, S).

    Raises:
        ValueError: Shapes do not fit.
        TypeError: Something is complex.
        ScanBackendError: The backend asked for cannot serve.

    Examples:
        >>> u, delta = torch.randn(1, 4, 7), torch.rand(1, 4, 7)
        >>> A = -torch.rand(4, 16)
        >>> B, C = torch.randn(1, 16, 7), torch.randn(1, 16, 7)
        >>> selective_scan(u, delta, A, B, C).shape
        torch.Size([1, 4, 7])
    """
    if u.dim() != 3 or delta.shape != u.shape:
        raise ValueError('u and delta must both be (N, D, L), got '
                         f'{tuple(u.shape)} and {tuple(delta.shape)}.')
    if A.is_complex() or u.is_complex():
        raise TypeError('u or A is complex; only real scans are supported.')
    samples, channels, tokens = u.shape
    if A.dim() != 2 or A.shape[0] != channels:
        raise ValueError(f'A must be (D, S) with D {channels}, got '
                         f'{tuple(A.shape)}.')
    if 0 in (channels, tokens, A.shape[1]):
        raise ValueError('D, L and S must be at least 1, got '
                         f'{channels}, {tokens} and {A.shape[1]}.')
    for name, vector in (('D', D), ('delta_bias', delta_bias)):
        if vector is not None and vector.shape != (channels, ):
            raise ValueError(f'{name} must be ({channels}, ), got '
                             f'{tuple(vector.shape)}.')
    if z is not None and z.shape != u.shape:
        raise ValueError(f'z must be like u, {tuple(u.shape)}, got '
                         f'{tuple(z.shape)}.')
    states = A.shape[1]
    b_part = _route('B', B, samples, channels, tokens, states)
    c_part = _route('C', C, samples, channels, tokens, states)
    b_tokens, c_tokens = _common_groups(b_part.per_token, c_part.per_token)
    groups = b_tokens.shape[1]
    per = channels // groups

    # A constant B scales the state, a constant C what is read from it: both
    # are one weight per channel and state on the way out.
    constant = b_part.constant
    if c_part.constant is not None:
        constant = c_part.constant if constant is None else (
            constant * c_part.constant)

    def split(tensor: Optional[Tensor]) -> Optional[Tensor]:
        if tensor is None:
            return None
        return tensor.reshape(groups, per, *tensor.shape[1:])

    def tokens_last(tensor: Tensor) -> Tensor:
        return tensor.unflatten(1, (groups, per)).transpose(2, 3)

    problem = ScanProblem(
        u=tokens_last(u), delta=tokens_last(delta),
        A=A.reshape(groups, per, states), B=b_tokens, C=c_tokens,
        D=split(D), delta_bias=split(delta_bias), dt_weight=None,
        state_weight=split(constant), order=None, reverse=(False, ) * groups,
        window=tokens, softplus=delta_softplus, token_major=False)
    y, last = run_scan(problem, backend, allow_16bit)
    y = y.transpose(2, 3).reshape(samples, channels, tokens)
    if z is not None:
        y = y * F.silu(z.to(y.dtype))
    if not return_last_state:
        return y
    last = last.reshape(samples, channels, states)
    if b_part.constant is not None:
        last = last * b_part.constant.to(last.dtype)
    return y, last
