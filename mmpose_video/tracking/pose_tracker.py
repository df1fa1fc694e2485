"""Follow people by their boxes and poses."""
from typing import Dict, List, Optional, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from .similarity import box_area, box_iou, oks


class PoseTracker:
    """Assign track ids to the people of each frame.

    A person and a track are as alike as the weighted mean of the intersection
    over union of their boxes and the OKS of their poses; the Hungarian
    algorithm pairs them so that the sum is largest. Online, no learning, no
    appearance: people who swap places behind each other may swap ids.

    Args:
        sigmas (Sequence[float], optional): The dataset's sigmas. None
            compares boxes alone.
        oks_weight (float): Weight of the OKS, in [0, 1]. Defaults to 0.5.
        min_similarity (float): Pairs with a lower similarity are not matched.
            Defaults to 0.2.
        max_lost (int): Frames for which a track that is not seen is
            remembered. Defaults to 10.
        keypoint_thr (float): Keypoints count in the OKS if they have this
            score in both frames. Defaults to 0.2.

    The numbers are the package's defaults.
    """

    #: Largest distance of boxes whose poses are compared, in box sizes.
    REACH = 0.5

    def __init__(self,
                 sigmas: Optional[Sequence[float]] = None,
                 oks_weight: float = 0.5,
                 min_similarity: float = 0.2,
                 max_lost: int = 10,
                 keypoint_thr: float = 0.2) -> None:
        if not 0 <= oks_weight <= 1:
            raise ValueError(
                f'`oks_weight` must lie in [0, 1], got {oks_weight}')
        if max_lost < 0:
            raise ValueError(f'`max_lost` must not be negative, got {max_lost}'
                             )
        self.sigmas = None if sigmas is None else np.asarray(sigmas, float)
        self.oks_weight = oks_weight if sigmas is not None else 0.
        self.min_similarity = min_similarity
        self.max_lost = max_lost
        self.keypoint_thr = keypoint_thr
        self.reset()

    def reset(self) -> None:
        """Forget all tracks; ids start at 0 again."""
        self._next_id = 0
        self._tracks: Dict[int, dict] = {}

    def update(self,
               boxes: np.ndarray,
               keypoints: Optional[np.ndarray] = None,
               scores: Optional[np.ndarray] = None) -> List[int]:
        """Take the people of the next frame.

        Args:
            boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2 in pixels.
            keypoints (np.ndarray, optional): Shape (P, K, 2), pixels.
            scores (np.ndarray, optional): Shape (P, K).

        Returns:
            list[int]: P ids, none twice.
        """
        boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
        known = list(self._tracks)
        ids: List[Optional[int]] = [None] * len(boxes)
        if known and len(boxes):
            alike = self._similarity(boxes, keypoints, scores)
            for row, column in zip(*linear_sum_assignment(-alike)):
                if alike[row, column] >= self.min_similarity:
                    ids[row] = known[column]
        seen: List[int] = []
        for row, identity in enumerate(ids):
            if identity is None:
                identity = self._next_id
                self._next_id += 1
            seen.append(identity)
            self._tracks[identity] = dict(
                box=boxes[row],
                keypoints=None if keypoints is None else keypoints[row],
                scores=None if scores is None else scores[row],
                lost=0)
        for identity in set(known) - set(seen):
            self._tracks[identity]['lost'] += 1
            if self._tracks[identity]['lost'] > self.max_lost:
                del self._tracks[identity]
        return seen

    def _similarity(self, boxes: np.ndarray,
                    keypoints: Optional[np.ndarray],
                    scores: Optional[np.ndarray]) -> np.ndarray:
        """Return the similarity of P people and Q tracks, (P, Q)."""
        tracks = list(self._tracks.values())
        known = np.stack([track['box'] for track in tracks])
        alike = box_iou(boxes, known)
        if not self.oks_weight or keypoints is None:
            return alike
        # Poses are compared where boxes are near each other: a thousand
        # people make a million pairs.
        rows, columns = np.nonzero(
            box_iou(_grown(boxes, self.REACH), _grown(known, self.REACH)))
        usable = [i for i, j in enumerate(columns)
                  if tracks[j]['keypoints'] is not None]
        rows, columns = rows[usable], columns[usable]
        if not len(rows):
            return alike
        others = np.stack([tracks[j]['keypoints'] for j in columns])
        valid = np.ones(others.shape[:2], dtype=bool)
        if scores is not None:
            before = np.stack([tracks[j]['scores'] for j in columns])
            valid = np.minimum(scores[rows], before) >= self.keypoint_thr
        areas = (box_area(boxes)[rows] + box_area(known)[columns]) / 2
        assert self.sigmas is not None
        pose = oks(keypoints[rows], others, areas, self.sigmas, valid)
        overlap = alike[rows, columns]
        pose = np.where(np.isnan(pose), overlap, pose)
        weight = self.oks_weight
        # pairs that are too far apart for a pose keep only the box's share,
        # which is 0 there
        alike[rows, columns] = weight * pose + (1 - weight) * overlap
        return alike


def _grown(boxes: np.ndarray, share: float) -> np.ndarray:
    """Return boxes grown by a share of their size on all sides."""
    margin = (boxes[:, 2:] - boxes[:, :2]) * share
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], 1)
