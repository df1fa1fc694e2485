"""Gaussian smoothing."""
import numpy as np
from scipy.ndimage import gaussian_filter1d

from .base_filter import FILTERS, BaseOfflineFilter


@FILTERS.register_module()
class Gaussian(BaseOfflineFilter):
    """Mean over neighboring frames with Gaussian weights.

    At the ends of a motion the first and the last position are continued.

    Args:
        sigma (float): Standard deviation in frames. Defaults to 1.5, the
            package's default.
        radius (int, optional): Where the Gaussian is cut off, in frames.
            Defaults to None, 4 sigma.
        max_gap (int): See :class:`BaseFilter`.
    """

    def __init__(self,
                 sigma: float = 1.5,
                 radius: int | None = None,
                 max_gap: int = 5) -> None:
        super().__init__(max_gap)
        if sigma <= 0:
            raise ValueError(f'`sigma` must be positive, got {sigma}')
        self.sigma = sigma
        self.radius = int(4 * sigma + 0.5) if radius is None else radius
        # what fills a gap at the edge of the window lies beyond the window
        self.lag = self.radius + max_gap + 1

    def smooth_segment(self, points: np.ndarray) -> np.ndarray:
        """See :class:`BaseOfflineFilter`."""
        return gaussian_filter1d(
            points, self.sigma, axis=0, mode='nearest', radius=self.radius)
