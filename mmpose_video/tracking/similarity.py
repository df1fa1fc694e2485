"""Compute the similarity of detections."""
from typing import Optional

import numpy as np


def box_iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the intersection over union.

    Args:
        boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2 in pixels.
        others (np.ndarray): Shape (Q, 4).

    Returns:
        np.ndarray: Shape (P, Q), in [0, 1]; 0 for boxes without area.
    """
    a = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    b = np.asarray(others, dtype=np.float64).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inside = (high - low).clip(0).prod(-1)
    union = box_area(a)[:, None] + box_area(b)[None] - inside
    return np.divide(inside, union, out=np.zeros_like(inside),
                     where=union > 0)


def box_area(boxes: np.ndarray) -> np.ndarray:
    """Return the areas of boxes (P, 4) in square pixels."""
    return (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(-1)


def oks(keypoints: np.ndarray, others: np.ndarray, areas: np.ndarray,
        sigmas: np.ndarray,
        valid: Optional[np.ndarray] = None) -> np.ndarray:
    """Return the object keypoint similarity of pairs of poses, as in COCO.

    ``mean over keypoints of exp(-d^2 / (2 area (2 sigma)^2))``.

    Args:
        keypoints (np.ndarray): Shape (M, K, 2), pixels.
        others (np.ndarray): Shape (M, K, 2).
        areas (np.ndarray): Shape (M, ), square pixels.
        sigmas (np.ndarray): Shape (K, ), of the dataset.
        valid (np.ndarray, optional): Shape (M, K), bool: keypoints that
            count. Defaults to None, all.

    Returns:
        np.ndarray: Shape (M, ), in [0, 1]; NaN where no keypoint counts.
    """
    distance = np.square(keypoints - others).sum(-1)
    width = 2 * areas[:, None] * np.square(2 * np.asarray(sigmas))
    alike = np.exp(-distance / np.maximum(width, np.finfo(float).tiny))
    if valid is None:
        return alike.mean(-1)
    count = valid.sum(-1)
    return np.where(count > 0, (alike * valid).sum(-1) / np.maximum(count, 1),
                    np.nan)
