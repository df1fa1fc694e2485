"""Clips whose offsets are always the same."""
from typing import Sequence

import numpy as np

from .base_clip_sampler import CLIP_SAMPLERS, BaseClipSampler


@CLIP_SAMPLERS.register_module()
class FixedOffsets(BaseClipSampler):
    """Use the same offsets for each clip.

    Args:
        offsets (Sequence[int]): Distances from the key frame. They must hold
            0, the key frame itself, once. Defaults to (0, ), a single image.
        dilation (int): Factor on all offsets. 0 makes still clips, which show
            the key frame T times: what a model loses by them is what it gains
            by the other frames. Defaults to 1.
        **kwargs: See :class:`BaseClipSampler`.

    Raises:
        ValueError: If the offsets make no clip, or ``dilation`` is negative.

    Examples:
        >>> FixedOffsets((-2, -1, 0, 1, 2), dilation=3)()
        array([-6, -3,  0,  3,  6])
    """

    def __init__(self,
                 offsets: Sequence[int] = (0, ),
                 dilation: int = 1,
                 **kwargs: str) -> None:
        super().__init__(**kwargs)
        if dilation < 0:
            raise ValueError('`dilation` must not be negative, got '
                             f'{dilation}')
        undilated = _checked(np.asarray(sorted(offsets)))
        self.key_index = int(np.flatnonzero(undilated == 0)[0])
        self.num_frames = len(undilated)
        self.offsets = undilated * dilation

    def __call__(self) -> np.ndarray:
        """Return the offsets in ascending order, (T, ) int64."""
        return self.offsets.copy()

    @property
    def candidates(self) -> np.ndarray:
        """np.ndarray: See :class:`BaseClipSampler`."""
        return np.unique(self.offsets)


def _checked(offsets: np.ndarray) -> np.ndarray:
    """Refuse offsets without a key frame, or with a frame twice."""
    if offsets.ndim != 1 or not np.issubdtype(offsets.dtype, np.integer):
        raise ValueError(f'`offsets` must be whole numbers, got {offsets}')
    if len(set(offsets.tolist())) != len(offsets) or 0 not in offsets:
        raise ValueError('`offsets` must hold 0, the key frame, and no number '
                         f'twice, got {offsets.tolist()}')
    return offsets
