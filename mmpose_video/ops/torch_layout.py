"""Chunks and memory layout of the PyTorch scan.

The positions of a run are cut into segments that fit the cache, a segment
into ``C`` chunks of ``T`` consecutive positions. Token operands of a
segment become (T, M, C, X): the step inside the chunk first, so that one
step of all chunks is one contiguous block. M counts runs: samples x groups
x windows. States are (T, M, C, S, D): with the channels last the products
with step sizes, A, B and C are all long contiguous or broadcast loops.
"""
from typing import Iterator, NamedTuple, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .problem import ScanProblem
from .walk import take, walk_index

# Elements of one (T, M, C, S, D) buffer; package defaults, found by trial:
# three to four buffers should stay in a core's share of the cache, while on
# a GPU fewer and larger operations win.
_CPU_ELEMENTS = 3 << 18
_GPU_ELEMENTS = 1 << 25


class Plan(NamedTuple):
    """Sizes of a cut.

    Attributes:
        steps (int): T, positions of a chunk.
        chunks (int): C, chunks of a segment.
        segments (int): Segments of a run.
    """
    steps: int
    chunks: int
    segments: int


def make_plan(problem: ScanProblem) -> Plan:
    """Choose the sizes; a function of shapes and device type alone.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        Plan: The sizes.
    """
    on_cpu = problem.u.device.type == 'cpu'
    budget = _CPU_ELEMENTS if on_cpu else _GPU_ELEMENTS
    width = max(1, problem.samples * problem.groups * problem.windows
                * problem.channels * problem.states)
    length = max(1, min(problem.window, budget // width))
    length = max(length, min(problem.window, 16))
    if on_cpu and width >= 1 << 14:
        # A step is long enough to hide the call; no second pass needed.
        return Plan(length, 1, -(-problem.window // length))
    chunks = max(1, round(length**0.5))
    steps = -(-length // chunks)
    return Plan(steps, chunks, -(-problem.window // (steps * chunks)))


class Layout:
    """Move token operands between natural order and (T, M, C, X).

    Args:
        problem (ScanProblem): The problem.
    """

    def __init__(self, problem: ScanProblem) -> None:
        self.problem = problem
        self.plan = make_plan(problem)
        self.runs = problem.samples * problem.groups * problem.windows
        index = walk_index(problem)
        self.index: Optional[Tensor] = None
        if index is not None:
            self.index = index.view(problem.groups, problem.windows,
                                    problem.window)

    def spans(self) -> Iterator[Tuple[int, int]]:
        """Yield the segments.

        Yields:
            tuple[int, int]: First and one past the last position.
        """
        size = self.plan.steps * self.plan.chunks
        for first in range(0, self.problem.window, size):
            yield first, min(first + size, self.problem.window)

    def rows(self, tensor: Tensor, span: Tuple[int, int]) -> Tensor:
        """Gather the token rows of a segment in walking order.

        Args:
            tensor (Tensor): (N, 1 or G, L, X).
            span (tuple[int, int]): The segment, P positions.

        Returns:
            Tensor: (N, G, W, P, X).
        """
        problem = self.problem
        shape = (tensor.shape[0], problem.groups, problem.windows, -1,
                 tensor.shape[3])
        if self.index is None:
            tensor = tensor.expand(-1, problem.groups, -1, -1)
            tensor = tensor.unflatten(2, (problem.windows, problem.window))
            return tensor[:, :, :, span[0]:span[1]]
        index = self.index[:, :, span[0]:span[1]].flatten(1)
        return take(tensor, index, problem.groups).reshape(shape)

    def fold(self, rows: Tensor) -> Tensor:
        """Lay rows out in chunks, zeros behind the last one.

        Args:
            rows (Tensor): (N, G, W, P, X).

        Returns:
            Tensor: (T, M, C, X), contiguous.
        """
        steps, chunks, _ = self.plan
        missing = steps * chunks - rows.shape[3]
        if missing:
            rows = F.pad(rows, (0, 0, 0, missing))
        rows = rows.unflatten(3, (chunks, steps)).permute(4, 0, 1, 2, 3, 5)
        return rows.reshape(steps, self.runs, chunks,
                            rows.shape[5]).contiguous()

    def unfold(self, folded: Tensor, span: Tuple[int, int]) -> Tensor:
        """Undo ``fold``.

        Args:
            folded (Tensor): (T, M, C, X).
            span (tuple[int, int]): The segment, P positions.

        Returns:
            Tensor: (N, G, W, P, X).
        """
        problem = self.problem
        rows = folded.unflatten(
            1, (problem.samples, problem.groups, problem.windows))
        rows = rows.permute(1, 2, 3, 4, 0, 5).flatten(3, 4)
        return rows[:, :, :, :span[1] - span[0]]

    def put(self, out: Tensor, rows: Tensor, span: Tuple[int, int]) -> None:
        """Write rows back to their tokens.

        Args:
            out (Tensor): (N, G, L, X), written; (N, 1, L, X) with more
                groups than one: added to, group by group.
            rows (Tensor): (N, G, W, P, X).
            span (tuple[int, int]): The segment.
        """
        problem = self.problem
        summed = out.shape[1] != problem.groups
        if self.index is None:
            view = out.unflatten(2, (problem.windows, problem.window))
            view = view[:, :, :, span[0]:span[1]]
            if summed:
                view.add_(rows.sum(1, keepdim=True))
            else:
                view.copy_(rows)
            return
        index = self.index[:, :, span[0]:span[1]].flatten(1)
        rows = rows.flatten(2, 3).to(out.dtype)
        if not summed:
            which = torch.arange(problem.groups, device=out.device)[:, None]
            out[:, which, index] = rows
            return
        for group in range(problem.groups):
            out[:, 0].index_add_(1, index[group], rows[:, group])

    def per_run(self, parameter: Tensor) -> Tensor:
        """Repeat a parameter for all runs.

        Args:
            parameter (Tensor): (G, X, Y).

        Returns:
            Tensor: (M, X, Y).
        """
        problem = self.problem
        return parameter[None, :, None].expand(
            problem.samples, -1, problem.windows, -1,
            -1).reshape(self.runs, *parameter.shape[1:]).contiguous()

    def per_group(self, tensor: Tensor) -> Tensor:
        """Sum over samples and windows.

        Args:
            tensor (Tensor): (M, X, Y).

        Returns:
            Tensor: (G, X, Y).
        """
        problem = self.problem
        return tensor.unflatten(
            0, (problem.samples, problem.groups,
                problem.windows)).sum((0, 2))
