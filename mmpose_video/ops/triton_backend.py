"""The selective scan on GPUs by Triton: no nvcc, no compiled extension.

The kernels are in ``triton_kernels.py`` and ``triton_grad_kernels.py``; here
is what launches them. Chunks of the sequence run in parallel, so that one
sample of 64 channels still fills a GPU; orders are walked inside the
kernels; every sum has a fixed order, so results are reproducible.

Triton's interpreter runs the same kernels on a CPU, for tests: set
``TRITON_INTERPRET=1`` before anything imports Triton.
"""
import os
from contextlib import nullcontext
from typing import Any, ContextManager, Dict, Optional, Tuple

import torch
from torch import Tensor

from .problem import ScanProblem
from .triton_config import Tiles, ceil_power, strides_of, tiles_for

NAME = 'triton'
INTERPRETED = os.environ.get('TRITON_INTERPRET') == '1'
DEVICES = ('cuda', 'cpu') if INTERPRETED else ('cuda', )
COMPOSITE = False
NATIVE_16BIT = True
# The oldest on which the kernels compile and give the right values in the
# interpreter; 3.0 compiles them too, but its interpreter cannot run them.
MIN_VERSION = (3, 2)
_GRID_LIMIT = 65535
_DTYPES = (torch.float32, torch.float16, torch.bfloat16)


def availability() -> Tuple[bool, str]:
    """Return whether Triton is new enough and has a GPU to run on.

    Returns:
        tuple[bool, str]: Whether, and what is missing.
    """
    try:
        import triton
        import triton.language  # noqa: F401
    except Exception as error:  # a broken driver stub raises anything
        return False, (
            f'Triton cannot be imported ({type(error).__name__}: {error}); '
            'install it with: pip install triton')
    numbers = triton.__version__.split('+')[0].split('.')[:2]
    version = tuple(int(number) for number in numbers)
    if version < MIN_VERSION:
        return False, (
            f'Triton {triton.__version__} is too old, '
            f'{".".join(map(str, MIN_VERSION))} is needed (it comes with '
            'torch 2.6 or newer: pip install -U torch)')
    if not INTERPRETED and not torch.cuda.is_available():
        return False, ('no CUDA or ROCm device is visible to torch '
                       f'{torch.__version__}')
    return True, ''


def supports(problem: ScanProblem) -> Tuple[bool, str]:
    """Return whether the kernels can take a problem.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[bool, str]: Whether, and why not.
    """
    if problem.u.dtype not in _DTYPES:
        return False, f'it computes in float32, not {problem.u.dtype}'
    if any(problem.reverse) and problem.groups > 31:
        return False, 'it takes at most 31 directions when some are reversed'
    if problem.samples * problem.groups > _GRID_LIMIT:
        return False, (f'samples x groups must be at most {_GRID_LIMIT}, a '
                       "limit of the GPU's grid")
    return True, ''


def _chunks(problem: ScanProblem, tiles: Tiles) -> int:
    """Return the number of chunks of one window."""
    return -(-problem.window // tiles.chunk)


def _empty(problem: ScanProblem) -> bool:
    """Return whether there is nothing to scan."""
    return 0 in (problem.samples, problem.groups, problem.tokens,
                 problem.channels)


def saved_shape(problem: ScanProblem) -> Tuple[int, ...]:
    """Return the shape of what the backward pass is given.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[int]: (N, G, W, chunks + 1, S + 1, D), states at the starts of
        chunks and the sums of their step sizes; (0, ) for single chunks,
        whose state starts from zero.
    """
    chunks = _chunks(problem, tiles_for(problem))
    if _empty(problem) or chunks == 1:
        return (0, )
    return (problem.samples, problem.groups, problem.windows, chunks + 1,
            problem.states + 1, problem.channels)


class _Call:
    """Arguments that all launches for one problem share.

    Args:
        problem (ScanProblem): The problem.
        tiles (Tiles): The tile.
    """

    def __init__(self, problem: ScanProblem, tiles: Tiles) -> None:
        p = self.problem = problem
        self.tiles = tiles
        self.chunks = _chunks(p, tiles)
        self.u = p.u.expand(-1, p.groups, -1, -1)
        self.rank = 0
        delta = p.delta
        if p.dt_weight is not None:
            self.rank = p.dt_weight.shape[-1]
            delta = _token_last(delta)
        self.delta = delta
        self.B = _token_last(p.B)
        self.C = _token_last(p.C)
        self.A = p.A.contiguous()
        self.weight = self._parameter(p.dt_weight)
        self.bias = self._parameter(p.delta_bias)
        self.skip = self._parameter(p.D)
        self.read = self._parameter(p.state_weight)
        self.walk = self._walk()
        # One launch per group where groups add into the same place.
        self.one_by_one = [(group, 1) for group in range(p.groups)]
        self.together = [(0, p.groups)]
        self.sizes = dict(
            groups=p.groups, channels=p.channels,
            tokens=p.tokens, window=p.window, chunks=self.chunks, S=p.states)
        self.flags = dict(
            WALK=self.walk is not self.A, RANK=self.rank,
            BIAS=p.delta_bias is not None, SOFTPLUS=p.softplus,
            BD=tiles.channels, T=tiles.chunk)
        self.blocks = -(-p.channels // tiles.channels)

    def _parameter(self, tensor: Optional[Tensor]) -> Tensor:
        """Return the parameter, or a dummy pointer if it is None."""
        return self.A if tensor is None else tensor.contiguous()

    def _walk(self) -> Tensor:
        """Return the token of each step, (G, L), or a dummy if not needed."""
        from .triton_kernels import walk_kernel
        p = self.problem
        if not any(p.reverse):
            return self.A if p.order is None else p.order
        bits = sum(1 << group for group, flag in enumerate(p.reverse) if flag)
        table = torch.empty(p.groups, p.tokens, dtype=torch.int32,
                            device=p.u.device)
        walk_kernel[(-(-p.tokens // 1024), p.groups)](
            table if p.order is None else p.order, table, bits, p.tokens,
            p.window, ORDER=p.order is not None, BLOCK=1024)
        return table

    def grid(self, blocks: int, groups: int) -> Tuple[int, int, int]:
        """Return the grid of a launch over tiles."""
        p = self.problem
        return p.windows * self.chunks, blocks, p.samples * groups

    def carry(self, states: Tensor, sums: Tensor, rows: int, backward: bool,
              start: bool) -> None:
        """Launch the carry kernel on a buffer of chunk contributions."""
        from .triton_kernels import carry_kernel
        p = self.problem
        block = 16
        grid = (p.samples * p.groups * p.windows,
                -(-p.states * p.channels // block))
        carry_kernel[grid](
            self.A, states, sums, p.groups, p.channels, p.windows,
            self.chunks, p.states, rows, BACKWARD=backward, START=start,
            BC=min(ceil_power(self.chunks), 128), BE=block, num_warps=4)


def _token_last(tensor: Tensor) -> Tensor:
    """Return (N, G, L, X) with tokens that are neighbors in memory.

    The kernels read these one row ``x`` at a time, over many tokens; rows
    of a few states would waste most of each memory transaction. A copy of B
    and C is small beside the output. None is made where the projection
    already wrote them so.
    """
    if tensor.stride(2) == 1:
        return tensor
    return tensor.transpose(2, 3).contiguous().transpose(2, 3)


def _on(tensor: Tensor) -> ContextManager[Any]:
    """Make the tensor's device current, on which Triton launches."""
    if tensor.is_cuda:
        return torch.cuda.device(tensor.device)
    return nullcontext()


def forward(problem: ScanProblem,
            save: bool) -> Tuple[Tensor, Tensor, Tensor]:
    """Scan.

    Args:
        problem (ScanProblem): The problem.
        save (bool): Whether the backward pass will come.

    Returns:
        tuple[Tensor, Tensor, Tensor]: ``y`` (N, 1 or G, L, D), the last
        state (N, G, W, D, S), and what is of ``saved_shape`` or empty.
    """
    from .triton_kernels import output_kernel, summary_kernel
    p = problem
    y = p.empty_output()
    last = p.A.new_empty(p.last_shape())
    if _empty(p):
        return y.zero_(), last.zero_(), p.A.new_empty(0)
    with _on(p.u):
        call = _Call(p, tiles_for(p))
    tiles = call.tiles
    one_chunk = call.chunks == 1
    states = p.A.new_empty(saved_shape(p))
    out = y.float() if p.sum_groups and p.groups > 1 else y
    y_all = out.expand(-1, p.groups, -1, -1)
    inputs = strides_of(u=call.u, delta=call.delta, b=call.B)
    with _on(p.u):
        if not one_chunk:
            summary_kernel[call.grid(call.blocks, p.groups)](
                call.u, call.delta, call.weight, call.A, call.B, call.bias,
                call.walk, states, **call.sizes, **inputs, **call.flags,
                num_warps=tiles.forward_warps)
            call.carry(states, states, p.states + 1, False, False)
        for first, count in (call.one_by_one
                             if p.sum_groups else call.together):
            output_kernel[call.grid(call.blocks, count)](
                call.u, call.delta, call.weight, call.A, call.B, call.C,
                call.skip, call.bias, call.read, call.walk, states, y_all,
                last, group_first=first, group_count=count, **call.sizes,
                **inputs, **strides_of(c=call.C, y=y_all), **call.flags,
                SKIP=p.D is not None, READ=p.state_weight is not None,
                ONE_CHUNK=one_chunk, ADD=first > 0,
                num_warps=tiles.forward_warps)
    if out is not y:
        y.copy_(out)
    if not one_chunk:
        last.copy_(states[..., -1, :-1, :].transpose(-1, -2))
    return y, last, states if save else p.A.new_empty(0)


def backward(problem: ScanProblem, saved: Tensor, grad_y: Tensor,
             grad_last: Optional[Tensor],
             needs: Tuple[str, ...]) -> Dict[str, Tensor]:
    """Compute the gradients of the scan.

    Args:
        problem (ScanProblem): The problem.
        saved (Tensor): What ``forward`` saved.
        grad_y (Tensor): (N, G, L, D), any strides.
        grad_last (Tensor, optional): (N, G, W, D, S).
        needs (tuple[str]): Names of the gradients wanted.

    Returns:
        dict[str, Tensor]: Name to gradient.
    """
    from .triton_gradients import Gradients
    if _empty(problem):
        return {
            name: torch.zeros_like(getattr(problem, name),
                                   memory_format=torch.contiguous_format)
            for name in needs
        }
    with _on(problem.u):
        call = _Call(problem, tiles_for(problem))
        return Gradients(call, saved, grad_y, grad_last).collect(needs)
