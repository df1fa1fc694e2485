"""The One-Euro filter."""
from typing import Optional, Union

import numpy as np

from .base_filter import FILTERS, BaseOnlineFilter

#: Part of a person's size that is left in the next frame in which fewer
#: keypoints are seen (package default).
_SIZE_DECAY = 0.95
#: Pixels that a person is taken for where a single keypoint tells no size.
_UNKNOWN_SIZE = 100.


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

    A point at a speed of v lags ``v / (2 pi (min_cutoff + beta |v|))`` pixels
    behind, less than ``1 / (2 pi beta)``. Without a ``beta`` that is held at
    ``max_lag`` of the person's size, the larger side of what its keypoints
    span, so that large and small people are treated alike.

    Args:
        fps (float): Frames per second. Defaults to 30.
        min_cutoff (float): Cutoff of a resting point in Hz; less is smoother.
            Defaults to 1, the paper's starting point for tuning.
        beta (float, optional): Rise of the cutoff in Hz per pixel per second;
            more lags less. Defaults to None: by ``max_lag``.
        speed_cutoff (float): Cutoff for the speed in Hz. Defaults to 1, the
            paper's.
        max_lag (float): Largest lag as a share of the person's size, where
            ``beta`` is None. Defaults to 0.01, the package's default.
        max_gap (int): See :class:`BaseFilter`.
    """

    def __init__(self,
                 fps: float = 30.,
                 min_cutoff: float = 1.,
                 beta: Optional[float] = None,
                 speed_cutoff: float = 1.,
                 max_lag: float = 0.01,
                 max_gap: int = 5) -> None:
        if (min(fps, min_cutoff, speed_cutoff, max_lag) <= 0
                or beta is not None and beta < 0):
            raise ValueError(
                '`fps`, `min_cutoff`, `speed_cutoff` and `max_lag` must be '
                f'positive and `beta` not negative, got {fps}, {min_cutoff}, '
                f'{speed_cutoff}, {max_lag} and {beta}')
        self.fps = fps
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.speed_cutoff = speed_cutoff
        self.max_lag = max_lag
        super().__init__(max_gap)

    def reset(self) -> None:
        """See :class:`BaseOnlineFilter`."""
        super().reset()
        self._size = 0.

    def update(self, points: np.ndarray, step: float = 1.) -> np.ndarray:
        """See :class:`BaseOnlineFilter`."""
        points = np.asarray(points, dtype=np.float64)
        seen = points[np.isfinite(points).all(-1)]
        span = np.ptp(seen, axis=0).max() if len(seen) else 0.
        self._size = max(span, _SIZE_DECAY**step * self._size)
        return super().update(points, step)

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
        beta = self.beta
        if beta is None:
            lag = self.max_lag * (self._size or _UNKNOWN_SIZE)
            beta = 1 / (2 * np.pi * lag)
        weight = _weight(self.min_cutoff + beta * np.abs(speed), elapsed)
        position = weight * points + (1 - weight) * self._position
        self._speed = np.where(chosen[:, None], speed, self._speed)
        self._position = np.where(chosen[:, None], position, self._position)
        return self._position


def _weight(cutoff: Union[float, np.ndarray],
            elapsed: np.ndarray) -> np.ndarray:
    """Return the weight of the new value in a low-pass filter."""
    return 1 / (1 + 1 / (2 * np.pi * cutoff * elapsed))
