"""Give each worker a contiguous run of samples."""
from typing import Iterator, List, Optional

import numpy as np
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler


@DATA_SAMPLERS.register_module()
class WorkerRunBatchSampler(Sampler):
    """Order batches so that those of a worker follow each other in time.

    PyTorch's ``DataLoader`` hands batches to its workers in turn. Of batches
    in video order each worker gets every n-th, and all workers decode all
    videos. Here the indices of the sampler are cut into one run per worker,
    and the batches of the runs are returned in turn: worker 0 gets the first
    part of the videos, worker 1 the second, and so on. The last index of the
    sampler stays the last of all, as the padding of
    :class:`VideoOrderSampler` requires.

    Args:
        sampler (Sampler): Returns the indices, :class:`VideoOrderSampler`.
        batch_size (int): Samples per batch; the last one may have fewer.
        num_workers (int, optional): Number of workers of the data loader,
            which a batch sampler cannot know; :class:`WorkerRunsHook` sets
            it in MMEngine's loops. A wrong number only makes loading slower.
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
        """Iterate over the batches."""
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
        """Return the number of batches."""
        return -(-len(self.sampler) // self.batch_size)  # type: ignore
