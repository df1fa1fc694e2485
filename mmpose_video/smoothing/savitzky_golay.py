"""Savitzky-Golay smoothing."""
import numpy as np
from scipy.signal import savgol_filter

from .base_filter import FILTERS, BaseOfflineFilter


@FILTERS.register_module()
class SavitzkyGolay(BaseOfflineFilter):
    """Least-squares polynomials over a sliding window.

    Savitzky and Golay, Analytical Chemistry 36(8), 1964. Unlike a mean it
    keeps the height of fast movements. The first and the last half window
    take the polynomial of the whole window at that end. A motion that is
    shorter than the window gets the longest window that it has, and one that
    is too short for the polynomial stays as it is.

    Args:
        window_length (int): Frames of the window, odd. Defaults to 11.
        polyorder (int): Degree of the polynomial. Defaults to 2. Both are the
            package's defaults.
        max_gap (int): See :class:`BaseFilter`.
    """

    def __init__(self,
                 window_length: int = 11,
                 polyorder: int = 2,
                 max_gap: int = 5) -> None:
        super().__init__(max_gap)
        if window_length % 2 == 0 or not 0 <= polyorder < window_length:
            raise ValueError(
                '`window_length` must be odd and larger than `polyorder`, got '
                f'{window_length} and {polyorder}')
        self.window_length = window_length
        self.polyorder = polyorder
        # a frame of the first half window depends on the whole window, whose
        # last gap the next detection fills
        self.lag = window_length + max_gap

    def smooth_segment(self, points: np.ndarray) -> np.ndarray:
        """See :class:`BaseOfflineFilter`."""
        longest = len(points) - (len(points) + 1) % 2
        window = min(self.window_length, longest)
        if window <= self.polyorder:
            return points
        return savgol_filter(
            points, window, self.polyorder, axis=0, mode='interp')
