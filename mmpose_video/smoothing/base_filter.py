"""The interface of the filters over tracks."""
import inspect
from abc import ABCMeta, abstractmethod
from typing import Optional

import numpy as np
from mmengine.registry import Registry

from .gaps import fill_gaps, segments

#: Filters are built by their own registry, see :func:`build_filter`.
FILTERS = Registry('track filter', locations=['mmpose_video.smoothing'])


class BaseFilter(metaclass=ABCMeta):
    """Smooth the keypoints of one person over time.

    A track is an array of shape (F, K, 2): F consecutive frames, K keypoints,
    coordinates in pixels. A keypoint that was not detected is NaN and stays
    NaN: no filter invents detections. Keypoints are smoothed independently of
    each other; at most the size of what they span is taken from all.

    Args:
        max_gap (int): Longest run of missing frames across which a keypoint
            is still taken for the same motion; a longer one separates two
            motions that are smoothed apart. Defaults to 5, the package's
            default.

    Attributes:
        lag (int): How many frames after a frame its smoothed value depends
            on. 0 for filters that run online.
    """

    lag = 0

    def __init__(self, max_gap: int = 5) -> None:
        if max_gap < 0:
            raise ValueError(f'`max_gap` must not be negative, got {max_gap}')
        self.max_gap = max_gap

    def filter(self, track: np.ndarray) -> np.ndarray:
        """Smooth a whole track.

        Args:
            track (np.ndarray): Shape (F, K, 2), pixels, NaN where missing.

        Returns:
            np.ndarray: The same shape, float64; NaN where it was.

        Raises:
            ValueError: If the track has another shape.
        """
        track = np.asarray(track, dtype=np.float64)
        if track.ndim != 3 or track.shape[2] != 2:
            raise ValueError('a track must have shape (frames, keypoints, '
                             f'2), got {track.shape}')
        return self._filter(track)

    @abstractmethod
    def _filter(self, track: np.ndarray) -> np.ndarray:
        """Smooth a track of shape (F, K, 2), float64."""

    def __repr__(self) -> str:
        values = ', '.join(f'{key}={value!r}'
                           for key, value in vars(self).items()
                           if not key.startswith('_'))
        return f'{type(self).__name__}({values})'


class BaseOfflineFilter(BaseFilter):
    """A filter that uses the frames before and after each frame.

    Short gaps are interpolated linearly, only as input of the filter; long
    ones split the track.
    """

    def _filter(self, track: np.ndarray) -> np.ndarray:
        """Smooth each motion of each keypoint."""
        smooth = np.full_like(track, np.nan)
        for k in range(track.shape[1]):
            present = np.isfinite(track[:, k]).all(-1)
            for start, stop in segments(present, self.max_gap):
                filled = fill_gaps(track[start:stop, k], present[start:stop])
                smooth[start:stop, k] = self.smooth_segment(filled)
            smooth[~present, k] = np.nan
        return smooth

    @abstractmethod
    def smooth_segment(self, points: np.ndarray) -> np.ndarray:
        """Smooth one motion without gaps, shape (F, 2)."""


class BaseOnlineFilter(BaseFilter):
    """A filter that uses the past alone, so it can run on a live video."""

    def __init__(self, max_gap: int = 5) -> None:
        super().__init__(max_gap)
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._steps: Optional[np.ndarray] = None

    def update(self, points: np.ndarray, step: float = 1.) -> np.ndarray:
        """Take the next frame.

        Args:
            points (np.ndarray): Shape (K, 2), pixels, NaN where missing.
            step (float): Time since the last call in frames; more than 1
                where frames are missing, and not whole in a video with a
                variable rate. Defaults to 1.

        Returns:
            np.ndarray: Smoothed points, shape (K, 2); NaN where missing.

        Raises:
            ValueError: If the number of keypoints changes.
        """
        points = np.asarray(points, dtype=np.float64)
        if self._steps is None:
            if points.ndim != 2 or points.shape[1] != 2:
                raise ValueError('points of a frame must have shape '
                                 f'(keypoints, 2), got {points.shape}')
            # longer than any gap: there was nothing before the first frame
            self._steps = np.full(len(points), np.inf)
            self.begin(len(points))
        if points.shape != (len(self._steps), 2):
            raise ValueError(f'expected {len(self._steps)} keypoints, got '
                             f'points of shape {points.shape}')
        # time in frames since a keypoint was last seen, 1 without a gap
        self._steps = self._steps + step
        present = np.isfinite(points).all(-1)
        # half a frame more than the longest gap, as times are not exact
        fresh = present & (self._steps > self.max_gap + 1.5)
        known = present & ~fresh
        smooth = np.full_like(points, np.nan)
        if fresh.any():
            self.start(points, fresh)
            smooth[fresh] = points[fresh]
        if known.any():
            # infinite where no keypoint was seen yet; not read there
            steps = np.where(known, self._steps, 1.)
            smooth[known] = self.advance(points, known, steps)[known]
        self._steps = np.where(present, 0., self._steps)
        return smooth

    def _filter(self, track: np.ndarray) -> np.ndarray:
        """Smooth a track frame by frame, without touching the live state."""
        live = dict(vars(self))
        try:
            self.reset()
            return np.stack([self.update(points) for points in track]) if len(
                track) else track.copy()
        finally:
            vars(self).update(live)

    @abstractmethod
    def begin(self, num_keypoints: int) -> None:
        """Allocate the state of K keypoints."""

    @abstractmethod
    def start(self, points: np.ndarray, chosen: np.ndarray) -> None:
        """Restart at the chosen keypoints.

        Args:
            points (np.ndarray): Shape (K, 2).
            chosen (np.ndarray): Shape (K, ), bool.
        """

    @abstractmethod
    def advance(self, points: np.ndarray, chosen: np.ndarray,
                steps: np.ndarray) -> np.ndarray:
        """Advance the chosen keypoints by a frame.

        Args:
            points (np.ndarray): Shape (K, 2).
            chosen (np.ndarray): Shape (K, ), bool.
            steps (np.ndarray): Time in frames since each was last seen,
                (K, ) float.

        Returns:
            np.ndarray: Shape (K, 2), valid where chosen.
        """


def build_filter(config: dict) -> BaseFilter:
    """Build a filter.

    Args:
        config (dict): Its class name as ``type``, and its arguments, such as
            ``dict(type='OneEuro', fps=25)``.

    Raises:
        ValueError: If there is no such filter, or it takes other arguments.
    """
    arguments = dict(config)
    name = arguments.pop('type')
    # not ``FILTERS.build``, which asks MMPose's registry first and warns
    kind = FILTERS.get(name)
    if kind is None:
        raise ValueError(f'there is no filter {name!r}; there are '
                         f'{", ".join(sorted(FILTERS.module_dict))}')
    known = inspect.signature(kind).parameters
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        raise ValueError(f'{name} has no argument {unknown[0]!r}; it has '
                         f'{", ".join(known)}')
    missing = [
        key for key, parameter in known.items()
        if parameter.default is parameter.empty and key not in arguments
    ]
    if missing:
        raise ValueError(f'{name} needs the argument {missing[0]!r}')
    try:
        return kind(**arguments)
    except TypeError as error:  # such as a pair in place of a number
        raise ValueError(
            f'{name} cannot be built of {arguments}: {error}') from error


def takes_frame_rate(config: dict) -> bool:
    """Return whether a filter needs a frame rate that its config lacks.

    Args:
        config (dict): Config of a filter, see :func:`build_filter`.
    """
    kind = FILTERS.get(config.get('type', ''))
    return (kind is not None and 'fps' not in config
            and 'fps' in inspect.signature(kind).parameters)
