"""The crop of MoveNet's tracking."""
from functools import partial
from typing import Tuple

import numpy as np

from .followed_people import CropRule

_SHOULDERS, _HIPS = [5, 6], [11, 12]
_TORSO = _SHOULDERS + _HIPS


def movenet_region(keypoints: np.ndarray, scores: np.ndarray,
                   size: Tuple[int, int], joint_thr: float = 0.2
                   ) -> np.ndarray:
    """Return the square around a pose that MoveNet looks at next.

    As in the tutorial of MoveNet, "Next-generation pose detection with
    MoveNet and TensorFlow.js": the middle of the hips is the center; the side
    is twice the larger of 1.9 times the farthest torso keypoint and 1.2 times
    the farthest keypoint, along x or y. It does not reach farther from the
    center than the farthest border of the image. Where shoulders or hips are
    not seen, the tutorial takes the whole image; with other people in it, here
    the square around all seen keypoints, 1.5 times as large as their extent,
    is taken.

    Args:
        keypoints (np.ndarray): COCO's 17 keypoints in pixels, (17, 2).
        scores (np.ndarray): Their scores, (17, ).
        size (tuple[int, int]): Width and height of the image.
        joint_thr (float): Keypoints with a lower score are not seen. Defaults
            to 0.2, as in the tutorial.

    Returns:
        np.ndarray: x1, y1, x2, y2, float32.
    """
    seen = scores > joint_thr
    if seen[_SHOULDERS].any() and seen[_HIPS].any():
        center = keypoints[_HIPS].mean(0)
        torso = np.abs(keypoints[_TORSO] - center).max()
        body = np.abs(keypoints[seen] - center).max()
        half = max(1.9 * torso, 1.2 * body)
    else:
        points = keypoints[seen] if seen.sum() >= 3 else keypoints
        low, high = points.min(0), points.max(0)
        center = (low + high) / 2
        half = 0.75 * (high - low).max()
    farthest = max(*center, *(np.array(size) - center))
    half = max(1., min(half, farthest))
    return np.concatenate([center - half, center + half]).astype(np.float32)


def movenet_crop(padding: float = 1.25) -> CropRule:
    """Return the rule of :func:`movenet_region` for a pipeline.

    Args:
        padding (float): ``padding`` of the pipeline's ``GetBBoxCenterScale``,
            which enlarges what it is given. Defaults to 1.25.
    """
    return partial(_unpadded, padding=padding)


def _unpadded(keypoints: np.ndarray, scores: np.ndarray,
              size: Tuple[int, int], padding: float) -> np.ndarray:
    """Return the box that the pipeline enlarges to the region."""
    region = movenet_region(keypoints, scores, size)
    center = (region[:2] + region[2:]) / 2
    half = (region[2:] - region[:2]) / 2 / padding
    return np.concatenate([center - half, center + half])
