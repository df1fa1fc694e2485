"""Exponential moving average."""
import numpy as np

from .base_filter import FILTERS, BaseOnlineFilter


@FILTERS.register_module()
class ExponentialMovingAverage(BaseOnlineFilter):
    """``s[t] = alpha x[t] + (1 - alpha) s[t - 1]``, started at ``x[0]``.

    After n frames without a detection the past has decayed n times more:
    ``(1 - alpha)`` becomes ``(1 - alpha) ** (n + 1)``.

    Args:
        alpha (float): Weight of the new frame, in (0, 1]; 1 changes nothing.
            Defaults to 0.5, the package's default.
        max_gap (int): See :class:`BaseFilter`.
    """

    def __init__(self, alpha: float = 0.5, max_gap: int = 5) -> None:
        if not 0 < alpha <= 1:
            raise ValueError(f'`alpha` must lie in (0, 1], got {alpha}')
        self.alpha = alpha
        super().__init__(max_gap)

    def begin(self, num_keypoints: int) -> None:
        """See :class:`BaseOnlineFilter`."""
        self._mean: np.ndarray = np.zeros((num_keypoints, 2))

    def start(self, points: np.ndarray, chosen: np.ndarray) -> None:
        """See :class:`BaseOnlineFilter`."""
        self._mean = np.where(chosen[:, None], points, self._mean)

    def advance(self, points: np.ndarray, chosen: np.ndarray,
                steps: np.ndarray) -> np.ndarray:
        """See :class:`BaseOnlineFilter`."""
        kept = ((1 - self.alpha)**steps)[:, None]
        mean = (1 - kept) * points + kept * self._mean
        self._mean = np.where(chosen[:, None], mean, self._mean)
        return self._mean
