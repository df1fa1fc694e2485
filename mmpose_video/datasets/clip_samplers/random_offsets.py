"""Clips whose neighbors are drawn at random on either side."""
import numpy as np

from .base_clip_sampler import CLIP_SAMPLERS, BaseClipSampler


@CLIP_SAMPLERS.register_module()
class RandomOffsets(BaseClipSampler):
    """Draw the neighbors each time that a sample is fetched.

    Args:
        num_before (int): Frames before the key frame.
        num_after (int): Frames after the key frame.
        max_distance (int): Longest distance from the key frame. DCPose draws
            one frame on either side (``RANDOM_AUX_FRAME``).
        **kwargs: See :class:`BaseClipSampler`.

    Raises:
        ValueError: If a number is negative, or there are not as many frames
            within ``max_distance``.

    Examples:
        >>> RandomOffsets(num_before=1, num_after=1, max_distance=3)()
        array([-2,  0,  1])
    """

    def __init__(self,
                 num_before: int,
                 num_after: int,
                 max_distance: int,
                 **kwargs: str) -> None:
        super().__init__(**kwargs)
        if min(num_before, num_after) < 0:
            raise ValueError('`num_before` and `num_after` must not be '
                             f'negative, got {num_before} and {num_after}')
        if max_distance < max(num_before, num_after):
            raise ValueError(
                f'there are no {max(num_before, num_after)} different frames '
                f'within a distance of {max_distance}')
        self.num_before = self.key_index = num_before
        self.num_after = num_after
        self.num_frames = num_before + 1 + num_after
        self.max_distance = max_distance

    def __call__(self) -> np.ndarray:
        """Return the offsets in ascending order, (T, ) int64."""
        distances = np.arange(1, self.max_distance + 1)
        before = np.random.choice(distances, self.num_before, replace=False)
        after = np.random.choice(distances, self.num_after, replace=False)
        return np.sort(np.concatenate([-before, [0], after]).astype(np.int64))

    @property
    def candidates(self) -> np.ndarray:
        """np.ndarray: See :class:`BaseClipSampler`."""
        return np.arange(-self.max_distance if self.num_before else 0,
                         self.max_distance + 1 if self.num_after else 1)
