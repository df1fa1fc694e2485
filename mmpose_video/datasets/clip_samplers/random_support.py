"""Clips of the key frame and one random frame around it."""
import numpy as np

from .base_clip_sampler import CLIP_SAMPLERS, BaseClipSampler


@CLIP_SAMPLERS.register_module()
class RandomSupport(BaseClipSampler):
    """Draw one support frame each time that a sample is fetched.

    The support may lie on either side and may be the key frame itself, as in
    the training of PoseWarper ("Learning Temporal Pose Estimation from
    Sparsely-Labeled Videos", NeurIPS 2019), whose released code draws it
    likewise. The key frame always comes first, so that all clips of a batch
    have it at the same position.

    Args:
        max_distance (int): Longest distance of the support from the key
            frame. Defaults to 2.
        **kwargs: See :class:`BaseClipSampler`.

    Raises:
        ValueError: If ``max_distance`` is negative.

    Examples:
        >>> RandomSupport(max_distance=2)()
        array([ 0, -1])
    """

    key_index = 0
    num_frames = 2

    def __init__(self, max_distance: int = 2, **kwargs: str) -> None:
        super().__init__(**kwargs)
        if max_distance < 0:
            raise ValueError('`max_distance` must not be negative, got '
                             f'{max_distance}')
        self.max_distance = max_distance

    def __call__(self) -> np.ndarray:
        """Return the offsets (0, support), (2, ) int64."""
        support = np.random.randint(-self.max_distance, self.max_distance + 1)
        return np.array([0, support], dtype=np.int64)

    @property
    def candidates(self) -> np.ndarray:
        """np.ndarray: See :class:`BaseClipSampler`."""
        return np.arange(-self.max_distance, self.max_distance + 1)
