"""Interpolate tracks of videos with a variable frame rate."""
from typing import Tuple

import numpy as np


def resample(positions: np.ndarray, track: np.ndarray,
             center: float) -> Tuple[np.ndarray, int]:
    """Interpolate a track at steps of one frame around one of its frames.

    Values are interpolated linearly between two frames that are less than
    1.5 frames apart. Elsewhere a frame within half a frame is taken, and
    where there is none, the track has a gap.

    Args:
        positions (np.ndarray): Positions of F frames in time, ascending, in
            frames, (F, ).
        track (np.ndarray): Shape (F, K, 2), NaN where missing.
        center (float): Position of the frame that the steps start from.

    Returns:
        tuple[np.ndarray, int]: The track at ``center``, ``center`` - 1,
        ``center`` + 1 and so on, (G, K, 2) in ascending time, and the index
        of ``center``.

    Examples:
        >>> track = np.array([0., 2., 5.])[:, None, None] * np.ones(2)
        >>> found, index = resample(np.array([0., 1., 2.5]), track, 1.)
        >>> found[:, 0, 0], index
        (array([0., 2., 4.]), 1)
    """
    before = int(np.floor(center - positions[0] + 0.5))
    after = int(np.floor(positions[-1] - center + 0.5))
    grid = center + np.arange(-before, after + 1)
    right = np.searchsorted(positions, grid).clip(0, len(positions) - 1)
    left = np.maximum(right - 1, 0)
    gap = positions[right] - positions[left]
    share = np.divide(grid - positions[left], gap, where=gap > 0,
                      out=np.ones(len(grid)))
    nearest = np.where(share < 0.5, left, right)
    found = track[nearest].astype(np.float64)
    found[np.abs(positions[nearest] - grid) > 0.5] = np.nan
    # both neighbors must be known; the nearest stays where one is missing
    between = (gap < 1.5) & (share > 0) & (share < 1)
    mixed = (track[left] + share[:, None, None] *
             (track[right] - track[left]))
    use = between[:, None, None] & np.isfinite(mixed)
    return np.where(use, mixed, found), before
