"""Test in the order of the videos."""
from typing import Iterator, List, Optional, Sized

import numpy as np
from mmengine.dist import get_dist_info
from mmpose.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from .video_order import video_order


@DATA_SAMPLERS.register_module()
class VideoOrderSampler(Sampler):
    """All samples in video order, a contiguous run for each process.

    Together with :class:`WorkerRunBatchSampler` and the cache of
    :class:`LoadClip` a frame is decoded about once in testing. The
    predictions are those of any other order.

    Each sample comes exactly once over all processes. With ``round_up`` the
    shorter runs end in one sample that comes twice, so that all processes
    have as many. MMEngine's metrics interleave what the processes collected,
    and cut that off at the size of the data set: the padding comes last in
    each run, and only in the last processes, and is what falls off.

    Args:
        dataset (Sized): The data set, see :func:`video_order`.
        seed (int, optional): Not used; the runner gives one to each sampler.
        round_up (bool): Whether to pad. Defaults to False.
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
        """This process's part; the first ones are at most one longer."""
        each, longer = divmod(len(order), self.world_size)
        start = self.rank * each + min(self.rank, longer)
        run = order[start:start + each + (self.rank < longer)]
        if self.round_up and longer and self.rank >= longer:
            # what the process decoded last, where there is such a thing
            run = np.append(run, run[-1] if len(run) else order[-1])
        return run

    def __iter__(self) -> Iterator[int]:
        """Iterate the indices."""
        indices: List[int] = self._indices
        return iter(indices)

    def __len__(self) -> int:
        """Number of samples of this process."""
        return len(self._indices)

    def set_epoch(self, epoch: int) -> None:
        """Nothing: each epoch has the same order."""
