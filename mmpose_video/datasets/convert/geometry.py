"""Boxes around keypoints, and the checks of what labels hold."""
from typing import Any, List, Optional, Sequence

import numpy as np

from mmpose_video.formats.schema import LARGEST_COORDINATE

#: PoseTrack18's boxes exceed the labelled keypoints by this part of their
#: extent on each side (seen in its files).
MARGIN = 0.15


def box_around(points: np.ndarray, labelled: Any,
               margin: float = MARGIN) -> Optional[List[float]]:
    """Return a box around a person's labelled keypoints.

    Args:
        points (np.ndarray): Pixels, (K, 2).
        labelled (np.ndarray): (K, ) bool.
        margin (float): Part of the extent to add on each side.

    Returns:
        list[float] | None: ``[x, y, width, height]``; None if nothing is
        labelled or all lies in one line.
    """
    if not labelled.any():
        return None
    low, high = points[labelled].min(0), points[labelled].max(0)
    extent = high - low
    if extent.min() <= 0:
        return None
    return [*(low - margin * extent).tolist(),
            *((1 + 2 * margin) * extent).tolist()]


def are_coordinates(values: np.ndarray) -> bool:
    """Return whether all numbers are finite and of a sensible size."""
    return bool((np.abs(values) <= LARGEST_COORDINATE).all())


def is_box(value: Any) -> bool:
    """Return whether it is ``[x, y, width, height]`` with an area."""
    try:
        box = np.asarray(value, dtype=np.float64)
    except (OverflowError, TypeError, ValueError):
        return False
    return bool(box.shape == (4, ) and are_coordinates(box)
                and box[2:].min() > 0)


def corners_to_box(corners: Sequence[float]) -> List[float]:
    """Turn ``[x1, y1, x2, y2]`` into ``[x, y, width, height]``."""
    x1, y1, x2, y2 = corners
    return [x1, y1, x2 - x1, y2 - y1]


def union(boxes: List[List[float]]) -> List[float]:
    """Return the box around boxes ``[x, y, width, height]``."""
    array = np.asarray(boxes, dtype=np.float64)
    low = array[:, :2].min(0)
    high = (array[:, :2] + array[:, 2:]).max(0)
    return [*low.tolist(), *(high - low).tolist()]
