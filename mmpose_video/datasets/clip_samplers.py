"""Which frames make a clip.

A sampler is called for each clip and gives the offsets of its T frames; it
says T (``num_frames``) and where in the clip the key frame is
(``key_index``).
"""
from typing import Sequence, Tuple

import numpy as np
from mmengine.registry import Registry

#: Samplers are built by their own registry: a ``clip_sampler`` in a config is
#: part of the data set, not a data set.
CLIP_SAMPLERS = Registry('clip sampler', scope='mmpose')


@CLIP_SAMPLERS.register_module()
class FixedOffsets:
    """The same offsets for each sample.

    Args:
        offsets (Sequence[int]): Distances in frames from the key frame. They
            must hold 0, the key frame itself, once. Defaults to (0, ), a
            single image.
        dilation (int): Factor on all offsets. 0 makes still clips, the key
            frame T times: what a model loses by them is what it gains by the
            other frames. Defaults to 1.

    Examples:
        >>> FixedOffsets((-2, -1, 0, 1, 2), dilation=3)()
        array([-6, -3,  0,  3,  6])
    """

    def __init__(self,
                 offsets: Sequence[int] = (0, ),
                 dilation: int = 1) -> None:
        if dilation < 0:
            raise ValueError('`dilation` must not be negative, got '
                             f'{dilation}')
        undilated = _checked(np.asarray(sorted(offsets)))
        self.key_index = int(np.flatnonzero(undilated == 0)[0])
        self.offsets = undilated * dilation

    def __call__(self) -> np.ndarray:
        """Offsets in ascending order, shape (T, ), int64."""
        return self.offsets.copy()

    @property
    def num_frames(self) -> int:
        """int: T."""
        return len(self.offsets)

    @property
    def reach(self) -> Tuple[int, int]:
        """tuple[int, int]: Longest distances before and after the key."""
        return (max(0, -int(self.offsets.min())),
                max(0, int(self.offsets.max())))


@CLIP_SAMPLERS.register_module()
class RandomOffsets:
    """Neighbours drawn anew for each sample that is fetched.

    The draws come from NumPy's global generator, as those of all transforms
    do, so that one seed (``randomness`` in the config) governs them all.

    Args:
        num_before (int): Frames before the key frame.
        num_after (int): Frames after the key frame.
        max_distance (int): How far from the key frame they may lie. DCPose
            draws one frame on either side (``RANDOM_AUX_FRAME``).

    Examples:
        >>> RandomOffsets(num_before=1, num_after=1, max_distance=3)()
        array([-2,  0,  1])
    """

    def __init__(self, num_before: int, num_after: int,
                 max_distance: int) -> None:
        if min(num_before, num_after) < 0:
            raise ValueError('`num_before` and `num_after` must not be '
                             f'negative, got {num_before} and {num_after}')
        if max_distance < max(num_before, num_after):
            raise ValueError(
                f'there are no {max(num_before, num_after)} different frames '
                f'within a distance of {max_distance}')
        self.num_before = self.key_index = num_before
        self.num_after = num_after
        self.max_distance = max_distance

    def __call__(self) -> np.ndarray:
        """Offsets in ascending order, shape (T, ), int64."""
        distances = np.arange(1, self.max_distance + 1)
        before = np.random.choice(distances, self.num_before, replace=False)
        after = np.random.choice(distances, self.num_after, replace=False)
        return np.sort(np.concatenate([-before, [0], after]).astype(np.int64))

    @property
    def num_frames(self) -> int:
        """int: T."""
        return self.num_before + 1 + self.num_after

    @property
    def reach(self) -> Tuple[int, int]:
        """tuple[int, int]: Longest distances before and after the key."""
        return (self.max_distance if self.num_before else 0,
                self.max_distance if self.num_after else 0)


@CLIP_SAMPLERS.register_module()
class RandomSupport:
    """The key frame and one support frame, drawn anew at each fetch.

    The support may lie on either side and may be the key frame itself, as in
    the training of PoseWarper ("Learning Temporal Pose Estimation from
    Sparsely-Labeled Videos", NeurIPS 2019), whose released code draws it
    likewise. The key frame always comes first, so that all clips of a batch
    have it at one place. The draws come from NumPy's global generator.

    Args:
        max_distance (int): Largest distance of the support from the key
            frame, in frames. Defaults to 2.

    Raises:
        ValueError: If ``max_distance`` is negative.

    Examples:
        >>> RandomSupport(max_distance=2)()
        array([ 0, -1])
    """

    key_index = 0
    num_frames = 2

    def __init__(self, max_distance: int = 2) -> None:
        if max_distance < 0:
            raise ValueError('`max_distance` must not be negative, got '
                             f'{max_distance}')
        self.max_distance = max_distance

    def __call__(self) -> np.ndarray:
        """Return the offsets (0, support), shape (2, ), int64."""
        support = np.random.randint(-self.max_distance, self.max_distance + 1)
        return np.array([0, support], dtype=np.int64)

    @property
    def reach(self) -> Tuple[int, int]:
        """tuple[int, int]: Longest distances before and after the key."""
        return self.max_distance, self.max_distance


def _checked(offsets: np.ndarray) -> np.ndarray:
    """Refuse offsets without a key frame, or with a frame twice."""
    if offsets.ndim != 1 or not np.issubdtype(offsets.dtype, np.integer):
        raise ValueError(f'`offsets` must be whole numbers, got {offsets}')
    if len(set(offsets.tolist())) != len(offsets) or 0 not in offsets:
        raise ValueError('`offsets` must hold 0, the key frame, and no number '
                         f'twice, got {offsets.tolist()}')
    return offsets
