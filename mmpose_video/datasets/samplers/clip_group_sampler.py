"""Shuffle samples in groups that share frames."""
from typing import Iterator, Optional, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from .video_order import video_order


@DATA_SAMPLERS.register_module()
class ClipGroupSampler(Sampler):
    """Random order of groups of neighbours.

    The samples in video order are cut into groups of ``group_size``, and the
    groups are shuffled. The people of a frame and of the frames beside it
    thus come in one batch, to one worker, and the cache of :class:`LoadClip`
    decodes their frames once.

    ``group_size`` is what randomness is given up: a batch of B holds
    B / group_size scenes instead of about B, so its gradient varies as that
    of a smaller batch does, the more the more alike the samples of a group
    are. 1 is the order of MMEngine's ``DefaultSampler(shuffle=True)`` in
    distribution. What is left: the cuts are made at another place each epoch,
    so the company of a sample changes, and so does the order of groups. Take
    the smallest value at which the GPU does not wait, one that divides the
    batch size (else groups are cut by the batches' ends), and several groups
    a batch.

    Each epoch's order is a function of seed and epoch, the same in all
    processes, each of which takes its groups. All processes get equally many
    samples: as in ``DefaultSampler``, up to ``world_size - 1`` come twice.

    Args:
        dataset (Sized): The data set, see :func:`video_order`.
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
        """Iterate the indices of this process."""
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
        """The epoch's order of all samples, in groups."""
        if not len(self._order):
            return self._order
        rng = np.random.default_rng([self.seed, self.epoch])
        # cut elsewhere each epoch; at the seam one group holds both ends
        order = np.roll(self._order, int(rng.integers(len(self._order))))
        whole = len(order) // self.group_size * self.group_size
        groups = order[:whole].reshape(-1, self.group_size)
        return np.concatenate([rng.permutation(groups).ravel(),
                               order[whole:]])

    def __len__(self) -> int:
        """Number of samples of this process."""
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch, also after a resume."""
        self.epoch = epoch
