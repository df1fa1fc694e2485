"""Test in the order of the videos."""
from typing import Iterator, List, Optional, Sized

import numpy as np
from mmengine.dist import get_dist_info
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from .video_order import video_order


@DATA_SAMPLERS.register_module()
class VideoOrderSampler(Sampler):
    """Return all samples in video order, a contiguous run per process.

    Together with :class:`WorkerRunBatchSampler` and the cache of
    :class:`LoadClip`, a frame is decoded about once in testing. The
    predictions do not depend on the order.

    Each sample comes exactly once over all processes. With ``round_up`` the
    shorter runs are padded by a sample that comes twice, so that all runs
    have one length. MMEngine's metrics interleave the results of the
    processes and cut them off at the size of the dataset. The padding is the
    last sample of a run, and only of the last processes, so it is what is cut
    off.

    Args:
        dataset (Sized): The dataset, see :func:`video_order`.
        seed (int, optional): Not used; the runner gives one to each sampler.
        round_up (bool): Pad the shorter runs. Defaults to False.
    """

    def __init__(self,
                 dataset: Sized,
                 seed: Optional[int] = None,
                 round_up: bool = False) -> None:
        self.dataset = dataset
        self.rank, self.world_size = get_dist_info()
        self.round_up = round_up
        self._indices = self._run(video_order(dataset)).tolist()

    def _run(self, order: np.ndarray) -> np.ndarray:
        """Return the run of this process; the first may be one longer."""
        each, longer = divmod(len(order), self.world_size)
        start = self.rank * each + min(self.rank, longer)
        run = order[start:start + each + (self.rank < longer)]
        if self.round_up and longer and self.rank >= longer:
            # the sample that the process decoded last, if it has any
            run = np.append(run, run[-1] if len(run) else order[-1])
        return run

    def __iter__(self) -> Iterator[int]:
        """Iterate over the indices."""
        indices: List[int] = self._indices
        return iter(indices)

    def __len__(self) -> int:
        """Return the number of samples of this process."""
        return len(self._indices)

    def set_epoch(self, epoch: int) -> None:
        """Do nothing, as each epoch has the same order."""
