"""CPU kernel in C++: vectors of channels, index maps, threads.

The arithmetic is in ``csrc/selective_scan.cpp``; here operands are
described to it and results allocated. No exponential overflows for ``A <=
0``: only ``exp(dt * A)`` is ever taken. Gradients of parameters are summed
in float64 over chunks. Results do not depend on timing; with another number
of threads the sums over channels may round differently.
"""
import ctypes
from functools import cache
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from .cpp_abi import (
    ScanGradients,
    ScanOperands,
    ScanResults,
    ScanSizes,
    pointer,
    strided,
)
from .cpp_build import load_kernel
from .cpp_compiler import KernelUnavailableError
from .problem import ScanProblem, empty_like_operand

NAME = 'cpp'
DEVICES = ('cpu', )
COMPOSITE = False
NATIVE_16BIT = False

# What reading B and C and summing their gradients costs a work item, in blocks
# of channels; package default.
_SHARED_COST = .5


@cache
def _kernel() -> Tuple[Optional[ctypes.CDLL], str]:
    """Load the kernel once per process; the reason if there is none."""
    try:
        return load_kernel(), ''
    except KernelUnavailableError as error:
        return None, str(error)


def availability() -> Tuple[bool, str]:
    """Build the kernel if need be and return whether it is there.

    Returns:
        tuple[bool, str]: If not, what is missing and how to get it.
    """
    kernel, reason = _kernel()
    return kernel is not None, reason


def supports(problem: ScanProblem) -> Tuple[bool, str]:
    """Return whether the kernel takes a problem.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[bool, str]: float32 only.
    """
    if problem.u.dtype != torch.float32:
        return False, (f'the kernel computes in float32, not in '
                       f'{problem.u.dtype}')
    return True, ''


def _loaded() -> ctypes.CDLL:
    """Return the kernel that ``availability`` has found."""
    kernel, reason = _kernel()
    if kernel is None:
        raise KernelUnavailableError(reason)
    return kernel


def saved_shape(problem: ScanProblem) -> Tuple[int, ...]:
    """Return the shape of the states at chunk starts.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        tuple[int, ...]: (N, G, W, chunks, S, D rounded up to whole
        vectors of the processor).
    """
    kernel = _loaded()
    chunks = -(-problem.window // kernel.scan_chunk())
    lanes = kernel.scan_vector_lanes()
    return (problem.samples, problem.groups, problem.windows, chunks,
            problem.states, -(-problem.channels // lanes) * lanes)


def cut_work(threads: int, samples: int, groups: int, blocks: int,
             summed: bool) -> Tuple[int, int]:
    """Choose parts so that the thread with most to do is done first.

    Of equal choices the one with fewer parts is taken: each part of the
    channels reads B and C again, and each part of summed groups has a sum of
    its own.

    Args:
        threads (int): Number of threads.
        samples (int): N; samples are items of work on their own.
        groups (int): G; items on their own unless ``summed``.
        blocks (int): Vectors of channels.
        summed (bool): Whether results are summed over the groups.

    Returns:
        tuple[int, int]: Parts of the channels, and of the groups.

    Examples:
        >>> cut_work(2, samples=1, groups=6, blocks=4, summed=True)
        (1, 2)
    """

    def cost(parts: Tuple[int, int]) -> Tuple[float, int]:
        channel_parts, group_parts = parts
        items = samples * channel_parts * (group_parts if summed else groups)
        rounds = -(-items // threads)
        each = -(-blocks // channel_parts) + _SHARED_COST
        if summed:
            each *= -(-groups // group_parts)
        return rounds * each, items

    limit = min(groups, threads) if summed else 1
    return min(((channel_parts, group_parts)
                for channel_parts in range(1, min(blocks, threads) + 1)
                for group_parts in range(1, limit + 1)), key=cost)


class _Call:
    """One call: operands described, and alive as long as this object."""

    def __init__(self, problem: ScanProblem, summed: bool) -> None:
        self.problem = problem
        self.kernel = _loaded()
        self.keep: List[Tensor] = []
        order = self.hold(problem.order)
        if order is not None and not self.kernel.scan_order_is_valid(
                order.data_ptr(), *order.shape):
            raise ValueError('orders: each row must hold each of 0 to '
                             f'{problem.tokens - 1} once.')
        reverse = self.hold(
            torch.tensor(problem.reverse, dtype=torch.uint8))
        self.threads = torch.get_num_threads()
        self.channel_parts, self.group_parts = self._parts(summed)
        low_rank = problem.dt_weight is not None
        size = ScanSizes(
            samples=problem.samples, groups=problem.groups,
            tokens=problem.tokens, channels=problem.channels,
            states=problem.states,
            rank=problem.delta.shape[3] if low_rank else 0,
            window=problem.window,
            shared_u=problem.u.shape[1] != problem.groups,
            sum_groups=problem.sum_groups, softplus=problem.softplus,
            threads=self.threads, channel_parts=self.channel_parts,
            group_parts=self.group_parts)
        self.operands = ScanOperands(
            size, strided(problem.u), strided(problem.delta),
            strided(problem.B), strided(problem.C), *(
                pointer(self.hold(tensor))
                for tensor in (problem.A, problem.D, problem.delta_bias,
                               problem.dt_weight, problem.state_weight)),
            pointer(order), pointer(reverse))

    def hold(self, tensor: Optional[Tensor]) -> Optional[Tensor]:
        """Make contiguous and keep alive."""
        if tensor is not None:
            tensor = tensor.contiguous()
            self.keep.append(tensor)
        return tensor

    def _parts(self, summed: bool) -> Tuple[int, int]:
        """Cut channels (and groups that are summed) for the threads."""
        problem = self.problem
        blocks = -(-problem.channels // self.kernel.scan_vector_lanes())
        return cut_work(self.threads, problem.samples, problem.groups, blocks,
                        summed)

    def check(self, done: int) -> None:
        """Raise if the kernel could not get memory."""
        if not done:
            raise MemoryError('the scan kernel could not allocate memory.')


def forward(problem: ScanProblem,
            save: bool) -> Tuple[Tensor, Tensor, Tensor]:
    """Scan.

    Args:
        problem (ScanProblem): The problem.
        save (bool): Keep the chunks' starting states.

    Returns:
        tuple[Tensor, Tensor, Tensor]: ``y``, last state and starting states
        (see ``problem.py``).

    Raises:
        ValueError: A row of ``order`` is not a permutation.
    """
    call = _Call(problem, problem.sum_groups)
    y = parts = problem.empty_output()
    if problem.sum_groups:
        parts = y.zero_()
        if call.group_parts > 1:
            parts = y.new_zeros(y.shape[0], call.group_parts, *y.shape[2:])
    last = problem.u.new_empty(problem.last_shape())
    saved = problem.u.new_empty(saved_shape(problem) if save else (0, ))
    results = ScanResults(strided(parts), last.data_ptr(),
                          pointer(saved) if save else None)
    call.check(call.kernel.scan_forward(call.operands, results))
    if parts is not y:
        torch.sum(parts, 1, keepdim=True, out=y)
    return y, last, saved


def backward(problem: ScanProblem, saved: Tensor, grad_y: Tensor,
             grad_last: Optional[Tensor],
             needs: Tuple[str, ...]) -> Dict[str, Tensor]:
    """Compute the gradients of one scan.

    Args:
        problem (ScanProblem): The problem.
        saved (Tensor): What ``forward`` kept.
        grad_y (Tensor): (N, G, L, D), any strides.
        grad_last (Tensor, optional): (N, G, W, D, S).
        needs (tuple[str, ...]): The gradients wanted.

    Returns:
        dict[str, Tensor]: The gradients wanted.
    """
    shared = problem.u.shape[1] != problem.groups
    call = _Call(problem, shared)
    token: Dict[str, Tensor] = {}
    single: Dict[str, Tensor] = {}
    for name in needs:
        operand = getattr(problem, name)
        if name == 'u':
            if not shared:
                token[name] = empty_like_operand(operand)
            elif call.group_parts == 1:
                token[name] = empty_like_operand(operand).zero_()
            else:
                shape = list(operand.shape)
                shape[1] = call.group_parts
                token[name] = operand.new_zeros(shape)
        elif name in ('B', 'C', 'delta'):
            per_channel = name == 'delta' and problem.dt_weight is None
            if per_channel or call.channel_parts == 1:
                token[name] = empty_like_operand(operand)
            else:
                shape = list(operand.shape)
                shape[1] *= call.channel_parts
                token[name] = operand.new_empty(shape)
        else:
            # One slot per sample, so that samples never wait for another.
            single[name] = torch.zeros(problem.samples, *operand.shape,
                                       dtype=torch.float64)
    gradients = ScanGradients(
        strided(grad_y), pointer(call.hold(grad_last)), saved.data_ptr(), *(
            strided(token.get(name)) for name in ('u', 'delta', 'B', 'C')),
        *(pointer(single.get(name)) for name in ('A', 'D', 'delta_bias',
                                                 'dt_weight',
                                                 'state_weight')))
    call.check(call.kernel.scan_backward(call.operands, gradients))
    for name, grad in token.items():
        groups = getattr(problem, name).shape[1]
        if grad.shape[1] != groups:
            token[name] = grad.unflatten(1, (groups, -1)).sum(2)
    for name, grad in single.items():
        token[name] = grad.sum(0).to(torch.float32)
    return token
