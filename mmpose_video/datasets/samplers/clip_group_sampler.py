"""Shuffle samples in groups that share frames."""
from typing import Iterator, Optional, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from .video_order import video_order


@DATA_SAMPLERS.register_module()
class ClipGroupSampler(Sampler):
    """Shuffle groups of samples that follow each other in a video.

    The samples in video order are cut into groups of ``group_size``, and the
    groups are shuffled. The people of a frame and of the frames next to it
    are then in one batch of one worker, and the cache of :class:`LoadClip`
    decodes their frames once.

    ``group_size`` trades randomness for cache hits: a batch of B samples
    holds B / group_size scenes instead of about B, and its gradient varies
    like that of a smaller batch, the more so the more alike the samples of a
    group are. A value of 1 has the same distribution as MMEngine's
    ``DefaultSampler(shuffle=True)``. The order of the groups changes with
    each epoch, and so do the cuts, so that a sample is grouped with different
    neighbors. Take the smallest value at which the GPU does not wait for
    data. It should divide the batch size (otherwise groups are split between
    batches), and a batch should hold several groups.

    The order of an epoch depends on seed and epoch alone. All processes
    compute the same order, and each takes its groups. All get the same number
    of samples: as in ``DefaultSampler``, up to ``world_size - 1`` samples
    come twice.

    Args:
        dataset (Sized): The dataset, see :func:`video_order`.
        group_size (int): Samples in a group. Defaults to 8 (package default).
        seed (int, optional): Defaults to None, one that all processes agree
            on.
    """

    def __init__(self,
                 dataset: Sized,
                 group_size: int = 8,
                 seed: Optional[int] = None) -> None:
        if group_size < 1:
            raise ValueError('`group_size` must be at least 1, got '
                             f'{group_size}')
        self.dataset = dataset
        self.group_size = group_size
        self.rank, self.world_size = get_dist_info()
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.num_samples = -(-len(dataset) // self.world_size)
        self._order = video_order(dataset)

    def __iter__(self) -> Iterator[int]:
        """Iterate over the indices of this process."""
        order = self._shuffled()
        if not len(order):
            return iter(())
        total = self.num_samples * self.world_size
        order = np.resize(order, total)  # repeats from the start
        # whole groups in turn, and what is left in equal parts
        whole = self.num_samples // self.group_size * self.group_size
        groups = order[:whole * self.world_size].reshape(
            -1, self.world_size, self.group_size)
        rest = order[whole * self.world_size:].reshape(self.world_size, -1)
        return iter(
            np.concatenate([groups[:, self.rank].ravel(),
                            rest[self.rank]]).tolist())

    def _shuffled(self) -> np.ndarray:
        """Return the order of all samples in this epoch, in groups."""
        if not len(self._order):
            return self._order
        rng = np.random.default_rng([self.seed, self.epoch])
        # move the cuts; one group may hold both ends of the order
        order = np.roll(self._order, int(rng.integers(len(self._order))))
        whole = len(order) // self.group_size * self.group_size
        groups = order[:whole].reshape(-1, self.group_size)
        return np.concatenate([rng.permutation(groups).ravel(),
                               order[whole:]])

    def __len__(self) -> int:
        """Return the number of samples of this process."""
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, which decides the order."""
        self.epoch = epoch
