"""The CUDA kernels of mamba_ssm, called directly.

The extension module ``selective_scan_cuda`` must be importable. An installed
``mamba_ssm`` is not enough (its newest release leaves the extension out by
default), and importing the package imports much that can fail. The kernels
walk straight ahead, so orders and windows cost copies here. Their backward
pass adds with atomics: it is not reproducible to the last bit.
"""
import importlib
from functools import cache
from types import ModuleType
from typing import Dict, Optional, Tuple

import torch
from torch import Tensor

from .problem import ScanProblem
from .walk import from_walk, take, to_walk, walk_index

NAME = 'mamba_ssm'
DEVICES: Optional[Tuple[str, ...]] = ('cuda', )
COMPOSITE = False
NATIVE_16BIT = True

# Facts of the extension: largest state, and positions per saved state.
_MAX_STATES = 256
_CHUNK = 2048
_DTYPES = (torch.float32, torch.float16, torch.bfloat16)


@cache
def _extension() -> Tuple[Optional[ModuleType], str]:
    """Import the extension; the reason if it does not."""
    try:
        return importlib.import_module('selective_scan_cuda'), ''
    except Exception as error:  # a broken binary raises errors of any type
        cuda = torch.version.cuda or 'none'
        return None, (
            f'selective_scan_cuda cannot be imported ({error}; PyTorch '
            f'{torch.__version__}, CUDA {cuda}); build it with '
            '"MAMBA_KEEP_CUDA_BUILD=TRUE MAMBA_FORCE_BUILD=TRUE pip install '
            'mamba-ssm --no-build-isolation" (needs nvcc).')


def availability() -> Tuple[bool, str]:
    """Return whether the extension imports.

    Returns:
        tuple[bool, str]: If not, the import's own error and the command.
    """
    module, reason = _extension()
    return module is not None, reason


def supports(problem: ScanProblem) -> Tuple[bool, str]:
    """Return whether the extension takes a problem.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[bool, str]: If not, why.
    """
    if problem.u.dtype not in _DTYPES:
        return False, f'its kernels have no {problem.u.dtype}'
    if problem.states > _MAX_STATES:
        return False, (f'its kernels hold {_MAX_STATES} states, not '
                       f'{problem.states}')
    if problem.state_weight is not None:
        return False, 'B or C is constant over tokens'
    return True, ''


def saved_shape(problem: ScanProblem) -> Tuple[int, ...]:
    """Return the shape of the extension's ``x``.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[int, ...]: (N * W, G * D, chunks, 2 * S).
    """
    return (problem.samples * problem.windows,
            problem.groups * problem.channels, -(-problem.window // _CHUNK),
            2 * problem.states)


def _straight(rows: Tensor) -> Tensor:
    """Reorder rows (N, G, W, P, X) to the kernel's (N * W, G, X, P)."""
    rows = rows.permute(0, 2, 1, 4, 3)
    return rows.reshape(-1, *rows.shape[2:]).contiguous()


def _rows(straight: Tensor, problem: ScanProblem) -> Tensor:
    """Undo ``_straight``; G may be folded into X."""
    rows = straight.reshape(problem.samples, problem.windows, problem.groups,
                            -1, problem.window)
    return rows.permute(0, 2, 1, 4, 3)


class _Call:
    """A problem in the extension's terms."""

    def __init__(self, problem: ScanProblem) -> None:
        module, reason = _extension()
        if module is None:
            raise RuntimeError(reason)
        self.module, self.problem = module, problem
        self.index = walk_index(problem)
        walk = to_walk(problem, self.index)
        # All per-token operands must share one dtype.
        dtype = problem.u.dtype
        self.u, self.delta = (
            _straight(rows.to(dtype)).flatten(1, 2)
            for rows in (walk.u, walk.delta))
        self.B, self.C = (
            _straight(rows.to(dtype)) for rows in (walk.B, walk.C))
        self.A = problem.A.flatten(0, 1).contiguous()
        self.D, self.bias = (
            None if tensor is None else tensor.flatten().contiguous()
            for tensor in (problem.D, problem.delta_bias))

    def natural(self, rows: Tensor, groups: int) -> Tensor:
        """Reorder rows (N, G, W, P, X) to (N, 1 or G, L, X) in token order."""
        rows = rows.flatten(2, 3)
        if self.index is not None:
            rows = take(rows, self.index.argsort(-1), self.problem.groups)
        if groups != self.problem.groups:
            rows = rows.sum(1, keepdim=True)
        return rows


def forward(problem: ScanProblem,
            save: bool) -> Tuple[Tensor, Tensor, Tensor]:
    """Scan with ``selective_scan_cuda.fwd``.

    Args:
        problem (ScanProblem): The problem.
        save (bool): Keep the chunk states.

    Returns:
        tuple[Tensor, Tensor, Tensor]: ``y``, last state and chunk states
        (see ``problem.py``).
    """
    call = _Call(problem)
    out, states, *_ = call.module.fwd(
        call.u, call.delta, call.A, call.B, call.C, call.D, None, call.bias,
        problem.softplus)
    y = problem.empty_output()
    y.copy_(from_walk(problem, _rows(out, problem), call.index))
    # Per chunk and state: product of the decays, then the state.
    last = states[:, :, -1, 1::2].reshape(
        problem.samples, problem.windows, problem.groups, problem.channels,
        problem.states).transpose(1, 2)
    saved = states if save else states.new_empty(0)
    return y, last.clone(memory_format=torch.contiguous_format), saved


def backward(problem: ScanProblem, saved: Tensor, grad_y: Tensor,
             grad_last: Optional[Tensor],
             needs: Tuple[str, ...]) -> Dict[str, Tensor]:
    """Compute the gradients by ``selective_scan_cuda.bwd``.

    Args:
        problem (ScanProblem): The problem.
        saved (Tensor): What ``forward`` kept.
        grad_y (Tensor): (N, G, L, D).
        grad_last (Tensor, optional): Must be None.
        needs (tuple[str, ...]): The gradients wanted.

    Returns:
        dict[str, Tensor]: The gradients wanted.

    Raises:
        NotImplementedError: A gradient comes in through the last state.
    """
    if grad_last is not None:
        raise NotImplementedError(
            'The kernels of mamba_ssm pass no gradient back from the last '
            'state; use backend="triton" or "torch", or detach it.')
    call = _Call(problem)
    rows = take(grad_y, call.index, problem.groups).unflatten(
        2, (problem.windows, problem.window))
    grad = _straight(rows.to(problem.u.dtype)).flatten(1, 2)
    grads = call.module.bwd(call.u, call.delta, call.A, call.B, call.C,
                            call.D, None, call.bias, grad, saved, None, None,
                            problem.softplus, False)
    du, ddelta, dA, dB, dC, dD, dbias = grads[:7]
    out: Dict[str, Tensor] = {}
    for name, straight in (('u', du), ('B', dB), ('C', dC)):
        if name in needs:
            operand = getattr(problem, name)
            out[name] = call.natural(
                _rows(straight, problem),
                operand.shape[1]).to(operand.dtype).contiguous()
    for name, flat in (('A', dA), ('D', dD), ('delta_bias', dbias)):
        if name in needs:
            operand = getattr(problem, name)
            out[name] = flat.reshape(operand.shape).to(operand.dtype)
    if {'delta', 'dt_weight'} & set(needs):
        natural = call.natural(_rows(ddelta, problem), problem.groups)
        out.update(_delta_grads(problem, natural, needs))
    return out


def _delta_grads(problem: ScanProblem, grad: Tensor,
                 needs: Tuple[str, ...]) -> Dict[str, Tensor]:
    """Propagate gradients through the low-rank projection, if any."""
    weight = problem.dt_weight
    if weight is None:
        return {'delta': grad.to(problem.delta.dtype).contiguous()}
    grad = grad.to(weight.dtype)
    out = {}
    if 'delta' in needs:
        out['delta'] = torch.matmul(grad, weight).to(problem.delta.dtype)
    if 'dt_weight' in needs:
        out['dt_weight'] = torch.einsum('ngld,nglr->gdr', grad,
                                        problem.delta.to(weight.dtype))
    return out
