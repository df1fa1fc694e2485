"""Non-maximum suppression with the calling conventions of mmcv._ext."""
from typing import List

import torch
from torch import Tensor


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float,
        offset: int) -> Tensor:
    """Suppress boxes greedily.

    Args:
        boxes (Tensor): Corners x1, y1, x2, y2, shape (N, 4).
        scores (Tensor): Shape (N, ).
        iou_threshold (float): Boxes overlapping more are dropped.
        offset (int): 1 where a box covers its last pixel, 0 otherwise.

    Returns:
        Tensor: Indices of the kept boxes by falling score, int64.
    """
    from torchvision.ops import nms as torchvision_nms
    if offset:
        # widths, heights and intersections all grow by the same offset
        boxes = torch.cat((boxes[:, :2], boxes[:, 2:] + offset), dim=1)
    return torchvision_nms(boxes, scores.to(boxes.dtype), iou_threshold)


def _overlaps(box: Tensor, others: Tensor, offset: int) -> Tensor:
    """Return the IoU (N, ) of one box (4, ) with others (N, 4)."""
    size = (torch.minimum(box[2:], others[:, 2:]) -
            torch.maximum(box[:2], others[:, :2]) + offset).clamp(min=0)
    inter = size.prod(dim=1)
    area = (box[2:] - box[:2] + offset).prod()
    areas = (others[:, 2:] - others[:, :2] + offset).prod(dim=1)
    return inter / (area + areas - inter)


def softnms(boxes: Tensor, scores: Tensor, dets: Tensor, iou_threshold: float,
            sigma: float, min_score: float, method: int,
            offset: int) -> Tensor:
    """Lower the scores of overlapping boxes (Bodla et al., ICCV 2017).

    Args:
        boxes (Tensor): Corners, shape (N, 4).
        scores (Tensor): Shape (N, ).
        dets (Tensor): Filled with the kept boxes and their new scores in the
            order of keeping, shape (N, 5); rows beyond those stay as given.
        iou_threshold (float): From which on methods 0 and 1 act.
        sigma (float): Width of the Gaussian of method 2.
        min_score (float): Boxes whose score falls below are dropped.
        method (int): 0 drops, 1 lowers linearly, 2 by the Gaussian.
        offset (int): See :func:`nms`.

    Returns:
        Tensor: Indices of the kept boxes, shape (K, ), int64.
    """
    left = torch.arange(boxes.size(0), device=boxes.device)
    scores = scores.clone()
    kept: List[Tensor] = []
    while left.numel() > 0:
        position = scores[left].argmax()
        best = left[position]
        dets[len(kept), :4] = boxes[best]
        dets[len(kept), 4] = scores[best]
        kept.append(best)
        left = torch.cat((left[:position], left[position + 1:]))
        overlap = _overlaps(boxes[best], boxes[left], offset)
        if method == 0:
            weight = (overlap < iou_threshold).to(scores.dtype)
        elif method == 1:
            weight = torch.where(overlap >= iou_threshold, 1 - overlap,
                                 torch.ones_like(overlap))
        else:
            weight = torch.exp(-overlap.square() / sigma)
        scores[left] *= weight
        left = left[scores[left] >= min_score]
    if not kept:
        return left
    return torch.stack(kept)


def nms_match(dets: Tensor, iou_threshold: float) -> List[List[int]]:
    """Suppress boxes greedily and return which box suppressed which.

    Args:
        dets (Tensor): Corners and scores, shape (N, 5).
        iou_threshold (float): Boxes overlapping at least so much join.

    Returns:
        list[list[int]]: One list per kept box: its index, then those of the
        boxes it suppressed, by falling score.
    """
    left = dets[:, 4].argsort(descending=True, stable=True)
    groups = []
    while left.numel() > 0:
        best, left = left[0], left[1:]
        joins = _overlaps(dets[best, :4], dets[left, :4], 0) >= iou_threshold
        groups.append([int(best), *left[joins].tolist()])
        left = left[~joins]
    return groups
