"""Non-maximum suppression of detected boxes."""
from typing import Any, Dict, Iterable, List

import numpy as np
import torch
from torchvision.ops import nms


def suppress(boxes: np.ndarray, scores: np.ndarray, groups: Iterable[Any],
             threshold: float) -> List[int]:
    """Apply greedy non-maximum suppression within groups.

    Args:
        boxes (np.ndarray): Corners in pixels, (B, 4).
        scores (np.ndarray): (B, ).
        groups (Iterable): The image of each box.
        threshold (float): Intersection over union above which the box with
            the lower score goes.

    Returns:
        list[int]: Indices of the boxes that stay, ascending.
    """
    members: Dict[Any, List[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    kept: List[int] = []
    for rows in members.values():
        order = nms(
            torch.as_tensor(boxes[rows], dtype=torch.float32),
            torch.as_tensor(scores[rows], dtype=torch.float32), threshold)
        kept += [rows[i] for i in order.tolist()]
    return sorted(kept)
