"""Samples of a labeled frame and an unlabeled one."""
from typing import Any, Dict, List, Sequence

import numpy as np
from torch.utils.data import Dataset

from ..base_video_dataset import BaseVideoDataset
from ..clip_samplers import BaseClipSampler
from .plan import Target


class _PairSampler(BaseClipSampler):
    """Take a second frame that is set from outside."""

    key_index = 0
    num_frames = 2
    offset = 0

    def __call__(self) -> np.ndarray:
        return np.array([0, self.offset], dtype=np.int64)

    @property
    def candidates(self) -> np.ndarray:
        """np.ndarray: See :class:`BaseClipSampler`."""
        return np.unique(self())


class LabelPairs(Dataset):
    """Clips (labeled frame, target frame) of each labeled person.

    Args:
        dataset (BaseVideoDataset): The labeled persons. Its pipeline must
            generate targets; its clip sampler is replaced.
        targets (Sequence[Target]): The frames to propagate to.
    """

    def __init__(self, dataset: BaseVideoDataset,
                 targets: Sequence[Target]) -> None:
        self.dataset = dataset
        self.sampler = _PairSampler()
        dataset.clip_sampler = self.sampler
        people: Dict[Any, List[int]] = {}
        for i in range(len(dataset)):
            people.setdefault(dataset.get_data_info(i)['img_id'], []).append(i)
        #: Index of the person and of the target, for each pair.
        self.pairs = [(person, number)
                      for number, target in enumerate(targets)
                      for person in people.get(target.source, ())]
        self.targets = list(targets)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> dict:
        """Return a packed sample with ``target_index`` in its meta info."""
        person, number = self.pairs[index]
        self.sampler.offset = self.targets[number].offset
        packed = self.dataset.prepare_data(person)
        packed['data_samples'].set_field(
            number, 'target_index', field_type='metainfo')
        return packed
