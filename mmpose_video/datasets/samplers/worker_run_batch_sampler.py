"""Give each worker a run of its own."""
from typing import Iterator, List, Optional

import numpy as np
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler


@DATA_SAMPLERS.register_module()
class WorkerRunBatchSampler(Sampler):
    """Batches such that each worker's are neighbours.

    PyTorch's ``DataLoader`` deals batches out to its workers in turn, so of
    batches in video order each worker gets every n-th, and all of them decode
    all videos. Here the sampler's indices are cut into one run a worker, and
    the runs' batches are put out in turn: worker 0 gets the first part of the
    videos, worker 1 the second, and so on. The last index of the sampler
    remains the last of all, as the padding of :class:`VideoOrderSampler` has
    to.

    Args:
        sampler (Sampler): Gives the indices, :class:`VideoOrderSampler`.
        batch_size (int): Samples a batch; the last one may have fewer.
        num_workers (int, optional): Of the data loader. It cannot be asked
            for it; :class:`WorkerRunsHook` tells it in MMEngine's loops. A
            wrong number makes loading slower and changes nothing else.
            Defaults to None, one run.

    Examples:
        >>> list(WorkerRunBatchSampler(range(10), 2, num_workers=2))
        [[0, 1], [5, 6], [2, 3], [7, 8], [4, 9]]
    """

    def __init__(self,
                 sampler: Sampler,
                 batch_size: int,
                 num_workers: Optional[int] = None) -> None:
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError('`batch_size` must be a positive number, got '
                             f'{batch_size!r}')
        self.sampler = sampler
        self.batch_size = batch_size
        self.num_workers = num_workers

    def __iter__(self) -> Iterator[List[int]]:
        """Iterate the batches."""
        indices = list(self.sampler)
        if not indices:
            return
        sizes = np.full(len(self), self.batch_size)
        sizes[-1] = len(indices) - self.batch_size * (len(self) - 1)
        workers = max(self.num_workers or 1, 1)
        batches: List[List[int]] = [[] for _ in sizes]
        last, rest = indices[-1], iter(indices[:-1])
        sizes[-1] -= 1  # the place of the last index
        for worker in range(workers):
            for number in range(worker, len(sizes), workers):
                batches[number] = [next(rest) for _ in range(sizes[number])]
        batches[-1].append(last)
        yield from batches

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self.sampler) // self.batch_size)  # type: ignore
