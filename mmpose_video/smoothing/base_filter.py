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
    """Smooths the key points of one person over time.

    A track is an array of shape (F, K, 2): F consecutive frames, K key points,
    coordinates in pixels. A key point that was not detected is NaN, and stays
    NaN: no filter invents detections. Key points are independent of each
    other.

    Args:
        max_gap (int): Longest run of missing frames across which a key point
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
            raise ValueError('a track must have shape (frames, key points, '
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
    """A filter that looks at frames before and after.

    Short gaps are bridged by straight lines for the filter's eyes only; long
    ones split the track.
    """

    def _filter(self, track: np.ndarray) -> np.ndarray:
        """Smooth each motion of each key point."""
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
    """A filter that looks at the past alone, and can follow a live video."""

    def __init__(self, max_gap: int = 5) -> None:
        super().__init__(max_gap)
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._missed: Optional[np.ndarray] = None

    def update(self, points: np.ndarray) -> np.ndarray:
        """Take the next frame.

        Args:
            points (np.ndarray): Shape (K, 2), pixels, NaN where missing.

        Returns:
            np.ndarray: Smoothed points, shape (K, 2); NaN where missing.

        Raises:
            ValueError: If the number of key points changes.
        """
        points = np.asarray(points, dtype=np.float64)
        if self._missed is None:
            if points.ndim != 2 or points.shape[1] != 2:
                raise ValueError('points of a frame must have shape (key '
                                 f'points, 2), got {points.shape}')
            # more than any gap: there was nothing before the first frame
            self._missed = np.full(len(points), self.max_gap + 1)
            self.begin(len(points))
        if points.shape != (len(self._missed), 2):
            raise ValueError(f'expected {len(self._missed)} key points, got '
                             f'points of shape {points.shape}')
        present = np.isfinite(points).all(-1)
        fresh = present & (self._missed > self.max_gap)
        known = present & ~fresh
        smooth = np.full_like(points, np.nan)
        if fresh.any():
            self.start(points, fresh)
            smooth[fresh] = points[fresh]
        if known.any():
            # frames since a key point was last seen, 1 without a gap
            steps = self._missed + 1
            smooth[known] = self.advance(points, known, steps)[known]
        self._missed = np.where(present, 0, self._missed + 1)
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
        """Make room for the state of K key points."""

    @abstractmethod
    def start(self, points: np.ndarray, chosen: np.ndarray) -> None:
        """Start anew at the chosen key points.

        Args:
            points (np.ndarray): Shape (K, 2).
            chosen (np.ndarray): Shape (K, ), bool.
        """

    @abstractmethod
    def advance(self, points: np.ndarray, chosen: np.ndarray,
                steps: np.ndarray) -> np.ndarray:
        """Take the chosen key points.

        Args:
            points (np.ndarray): Shape (K, 2).
            chosen (np.ndarray): Shape (K, ), bool.
            steps (np.ndarray): Frames since each was last seen, (K, ) int.

        Returns:
            np.ndarray: Shape (K, 2), of meaning where chosen.
        """


def build_filter(config: dict) -> BaseFilter:
    """Make a filter.

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
    return kind(**arguments)
