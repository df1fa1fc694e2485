"""Number the samples of a training, and seed each by its number."""
import random
from typing import Any, Iterator, List, Sequence

import numpy as np
import torch
from mmengine.dist import get_dist_info
from torch.utils.data import DataLoader, Sampler


class NumberedIndex(int):
    """An index that knows how many samples were drawn before it.

    Args:
        index (int): The index of a sample in its dataset.
        number (int): The count of samples drawn before, over all processes.
    """

    number: int

    def __new__(cls, index: int, number: int) -> 'NumberedIndex':
        """Create the index."""
        self = super().__new__(cls, index)
        self.number = number
        return self

    def __getnewargs__(self) -> Any:
        """Return what pickle needs on the way to a worker."""
        return int(self), self.number


class NumberedSampler(Sampler):
    """Number the indices of another sampler.

    The n-th index of process r of R gets the number ``n R + r``, the order in
    which MMEngine distributes samples, so that the numbers do not depend on
    R. Counting continues if the sampler is iterated again.

    Args:
        sampler (Sampler): Gives the indices.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.drawn = 0

    def __iter__(self) -> Iterator[NumberedIndex]:
        """Iterate over the indices."""
        rank, world_size = get_dist_info()
        for index in self.sampler:
            number = self.drawn * world_size + rank
            self.drawn += 1
            yield NumberedIndex(index, number)

    def __len__(self) -> int:
        """Return the number of samples of this process."""
        return len(self.sampler)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        # such as `set_epoch`, which MMEngine's loops call
        if name == 'sampler':
            raise AttributeError(name)
        return getattr(self.sampler, name)


class SeededFetch:
    """Seed the random generators before each sample is read.

    An instance takes the place of ``dataset.__getitems__``, by which PyTorch
    lets a dataset read a batch. It works for datasets of any kind, and for
    those inside of wrappers.

    Args:
        dataset (Dataset): The outermost dataset of a data loader.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        # shared with the worker processes: persistent ones outlive an epoch
        self.seeds = torch.zeros(2, dtype=torch.int64).share_memory_()

    def __call__(self, indices: Sequence[int]) -> List[Any]:
        """Read the samples of a batch."""
        return [self.read(index) for index in indices]

    def read(self, index: int) -> Any:
        """Read one sample.

        Args:
            index (int): A :class:`NumberedIndex`; a plain index is its own
                number.

        Returns:
            Any: A function of (seed, epoch, index, number).
        """
        number = getattr(index, 'number', int(index))
        seed_generators([*self.seeds.tolist(), number])
        return self.dataset[int(index)]


def seed_generators(words: Sequence[int], *, devices: bool = False) -> None:
    """Seed the generators of Python, NumPy and PyTorch.

    Args:
        words (Sequence[int]): Non-negative numbers to derive the seeds from.
        devices (bool): True seeds PyTorch's generators of all devices, False
            that of the CPU. Defaults to False.
    """
    state = np.random.SeedSequence(words).generate_state(3).tolist()
    np.random.seed(state[0])
    random.seed(state[1])
    if devices:
        torch.manual_seed(state[2])
    else:
        torch.default_generator.manual_seed(state[2])


def seed_samples(loader: DataLoader, seed: int, epoch: int) -> bool:
    """Make each sample of a data loader a function of seed, epoch and number.

    Args:
        loader (DataLoader): It may have persistent workers.
        seed (int): The seed of the training.
        epoch (int): The epoch that begins.

    Returns:
        bool: True on the first call for a loader, whose running workers do
        not know of the seeds yet.
    """
    dataset: Any = loader.dataset
    batches: Any = loader.batch_sampler
    fetch = getattr(dataset, '__getitems__', None)
    first = not isinstance(fetch, SeededFetch)
    if not isinstance(fetch, SeededFetch):
        fetch = dataset.__getitems__ = SeededFetch(dataset)
        if hasattr(batches, 'sampler'):
            batches.sampler = NumberedSampler(batches.sampler)
    fetch.seeds.copy_(torch.tensor([seed, epoch]))
    numbered = getattr(batches, 'sampler', None)
    if isinstance(numbered, NumberedSampler):
        numbered.drawn = 0
    return first
