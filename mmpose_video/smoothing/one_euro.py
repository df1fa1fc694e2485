"""The One-Euro filter."""
from typing import Union

import numpy as np

from .base_filter import FILTERS, BaseOnlineFilter


@FILTERS.register_module()
class OneEuro(BaseOnlineFilter):
    """A low-pass filter whose cutoff rises with the speed.

    Casiez, Roussel and Vogel, "1 Euro Filter", CHI 2012: slow points are
    smoothed strongly against jitter, fast ones little against lag. With time
    T between frames, in seconds, and ``a(f) = 1 / (1 + 1 / (2 pi f T))``::

        v[t] = low-pass of (x[t] - s[t - 1]) / T with a(speed_cutoff)
        s[t] = low-pass of x[t] with a(min_cutoff + beta |v[t]|)

    Each coordinate is filtered by itself, as in the paper. In a gap T is the
    time since the last detection.

    Args:
        fps (float): Frames per second. Defaults to 30.
        min_cutoff (float): Cutoff of a resting point in Hz; less is smoother.
            Defaults to 1, the paper's starting point for tuning.
        beta (float): Rise of the cutoff in Hz per pixel per second; more lags
            less. Defaults to 0.007: the package's default, speeds in pixels
            depend on how large people are.
        speed_cutoff (float): Cutoff for the speed in Hz. Defaults to 1, the
            paper's.
        max_gap (int): See :class:`BaseFilter`.
    """

    def __init__(self,
                 fps: float = 30.,
                 min_cutoff: float = 1.,
                 beta: float = 0.007,
                 speed_cutoff: float = 1.,
                 max_gap: int = 5) -> None:
        if min(fps, min_cutoff, speed_cutoff) <= 0 or beta < 0:
            raise ValueError(
                '`fps`, `min_cutoff` and `speed_cutoff` must be positive and '
                f'`beta` not negative, got {fps}, {min_cutoff}, '
                f'{speed_cutoff} and {beta}')
        self.fps = fps
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.speed_cutoff = speed_cutoff
        super().__init__(max_gap)

    def begin(self, num_keypoints: int) -> None:
        """See :class:`BaseOnlineFilter`."""
        self._position: np.ndarray = np.zeros((num_keypoints, 2))
        self._speed: np.ndarray = np.zeros((num_keypoints, 2))

    def start(self, points: np.ndarray, chosen: np.ndarray) -> None:
        """See :class:`BaseOnlineFilter`."""
        self._position = np.where(chosen[:, None], points, self._position)
        self._speed = np.where(chosen[:, None], 0., self._speed)

    def advance(self, points: np.ndarray, chosen: np.ndarray,
                steps: np.ndarray) -> np.ndarray:
        """See :class:`BaseOnlineFilter`."""
        elapsed = steps[:, None] / self.fps
        speed = (points - self._position) / elapsed
        weight = _weight(self.speed_cutoff, elapsed)
        speed = weight * speed + (1 - weight) * self._speed
        weight = _weight(self.min_cutoff + self.beta * np.abs(speed), elapsed)
        position = weight * points + (1 - weight) * self._position
        self._speed = np.where(chosen[:, None], speed, self._speed)
        self._position = np.where(chosen[:, None], position, self._position)
        return self._position


def _weight(cutoff: Union[float, np.ndarray],
            elapsed: np.ndarray) -> np.ndarray:
    """Return the weight of the new value in a low-pass filter."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff * elapsed))
