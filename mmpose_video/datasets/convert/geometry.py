"""Boxes around keypoints, and the checks of what labels hold."""
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from mmpose_video.formats.schema import LARGEST_COORDINATE

#: PoseTrack18's boxes exceed the labeled keypoints by this part of their
#: extent on each side (seen in its files).
MARGIN = 0.15
#: Smallest side of a box around keypoints, in longer sides of the image.
#: Package default: a single keypoint has no extent.
SMALLEST_BOX = 0.05


def box_around(points: np.ndarray, labeled: Any,
               margin: float = MARGIN) -> Optional[List[float]]:
    """Return a box around a person's labeled keypoints.

    Args:
        points (np.ndarray): Pixels, (K, 2).
        labeled (np.ndarray): (K, ) bool.
        margin (float): Part of the extent to add on each side.

    Returns:
        list[float] | None: ``[x, y, width, height]``; None if nothing is
        labeled or all lies in one line.
    """
    if not labeled.any():
        return None
    low, high = points[labeled].min(0), points[labeled].max(0)
    extent = high - low
    if extent.min() <= 0:
        return None
    return [*(low - margin * extent).tolist(),
            *((1 + 2 * margin) * extent).tolist()]


def box_with_size(points: np.ndarray, size: Tuple[int, int],
                  margin: float = MARGIN) -> List[float]:
    """Return a box around keypoints, even around a single one.

    Args:
        points (np.ndarray): (n, 2) pixels, at least one.
        size (tuple[int, int]): Width and height of the image.
        margin (float): Part of the extent to add on each side.

    Returns:
        list[float]: x, y, width, height, inside of the image.
    """
    low, high = points.min(0), points.max(0)
    side = np.maximum((1 + 2 * margin) * (high - low),
                      SMALLEST_BOX * max(size))
    middle, extent = (low + high) / 2, np.array(size, dtype=np.float64)
    low = np.clip(middle - side / 2, 0, extent - 1)
    high = np.clip(middle + side / 2, low + 1, extent)
    return [*low.tolist(), *(high - low).tolist()]


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
