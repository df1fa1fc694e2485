"""A Kalman filter with constant velocity."""
import numpy as np

from .base_filter import FILTERS, BaseOnlineFilter


@FILTERS.register_module()
class Kalman(BaseOnlineFilter):
    """Track position and velocity of each keypoint by a Kalman filter.

    The state of a coordinate is (x, v) in pixels and pixels per frame. Over n
    frames it moves by ``F = [[1, n], [0, 1]]``, and its covariance grows by
    ``q [[n^3 / 3, n^2 / 2], [n^2 / 2, n]]``, the discretization of continuous
    white acceleration of density q (Bar-Shalom et al., "Estimation with
    Applications to Tracking and Navigation", section 6.2.2), so that a gap of
    n frames is one step over n. x and y are independent and share their
    covariance.

    Args:
        acceleration (float): Standard deviation of the acceleration that
            drives the motion, the root of q. Defaults to 1.
        noise (float): Standard deviation of the detections in pixels.
            Defaults to 2.
        start_speed (float): Standard deviation of the velocity at the start.
            Defaults to 10.
        max_gap (int): See :class:`BaseFilter`.

    The three standard deviations are the package's defaults: they depend on
    the size of the people and on the frame rate.
    """

    def __init__(self,
                 acceleration: float = 1.,
                 noise: float = 2.,
                 start_speed: float = 10.,
                 max_gap: int = 5) -> None:
        if min(acceleration, noise, start_speed) <= 0:
            raise ValueError(
                '`acceleration`, `noise` and `start_speed` must be positive, '
                f'got {acceleration}, {noise} and {start_speed}')
        self.acceleration = acceleration
        self.noise = noise
        self.start_speed = start_speed
        super().__init__(max_gap)

    def begin(self, num_keypoints: int) -> None:
        """See :class:`BaseOnlineFilter`."""
        self._state = np.zeros((num_keypoints, 2, 2))  # point, (x, v), axis
        self._spread = np.zeros((num_keypoints, 2, 2))

    def start(self, points: np.ndarray, chosen: np.ndarray) -> None:
        """See :class:`BaseOnlineFilter`."""
        self._state[chosen, 0] = points[chosen]
        self._state[chosen, 1] = 0
        self._spread[chosen] = np.diag([self.noise**2, self.start_speed**2])

    def advance(self, points: np.ndarray, chosen: np.ndarray,
                steps: np.ndarray) -> np.ndarray:
        """See :class:`BaseOnlineFilter`."""
        n = steps[chosen].astype(np.float64)
        move = np.tile(np.eye(2), (len(n), 1, 1))
        move[:, 0, 1] = n
        drive = np.empty_like(move)
        drive[:, 0, 0] = n**3 / 3
        drive[:, 0, 1] = drive[:, 1, 0] = n**2 / 2
        drive[:, 1, 1] = n
        state = move @ self._state[chosen]
        spread = (move @ self._spread[chosen] @ move.transpose(0, 2, 1) +
                  self.acceleration**2 * drive)
        gain = spread[:, :, :1] / (spread[:, :1, :1] + self.noise**2)
        surprise = points[chosen, None] - state[:, :1]
        self._state[chosen] = state + gain * surprise
        self._spread[chosen] = spread - gain * spread[:, :1]
        return self._state[:, 0]
