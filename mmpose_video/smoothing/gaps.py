"""Missing detections in a track."""
from typing import List, Tuple

import numpy as np


def segments(present: np.ndarray, max_gap: int) -> List[Tuple[int, int]]:
    """Split a track where something is missing for long.

    Args:
        present (np.ndarray): Shape (F, ), bool.
        max_gap (int): Longest run of missing frames within a segment.

    Returns:
        list[tuple[int, int]]: Start and stop of each segment; they begin and
        end with a frame that is present.

    Examples:
        >>> segments(np.array([0, 1, 0, 1, 0, 0, 1], dtype=bool), 1)
        [(1, 4), (6, 7)]
    """
    seen = np.flatnonzero(present)
    if not len(seen):
        return []
    breaks = np.flatnonzero(np.diff(seen) > max_gap + 1)
    starts = seen[np.r_[0, breaks + 1]]
    stops = seen[np.r_[breaks, len(seen) - 1]] + 1
    return list(zip(starts.tolist(), stops.tolist()))


def fill_gaps(points: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Bridge missing frames by straight lines.

    Args:
        points (np.ndarray): Shape (F, 2).
        present (np.ndarray): Shape (F, ), bool, True at both ends.

    Returns:
        np.ndarray: Shape (F, 2), without gaps.
    """
    if present.all():
        return points
    times = np.arange(len(points))
    return np.stack([
        np.interp(times, times[present], points[present, axis])
        for axis in range(points.shape[1])
    ], axis=-1)
