"""Keep one crop for a run of frames of a track."""
from typing import Dict, List, Tuple

import numpy as np

from .pose_tracker import PoseTracker
from .similarity import box_iou


class CropAnchors:
    """Keep the crop of each person fixed, so that features can be reused.

    A track keeps the box with which its run began, for at most
    ``run_length`` frames and as long as the person's own box overlaps it.

    Args:
        run_length (int): Longest run in frames. Defaults to 8.
        min_iou (float): The run ends when box and person overlap less.
            Defaults to 0.7. Both are the package's defaults.
    """

    def __init__(self, run_length: int = 8, min_iou: float = 0.7) -> None:
        if run_length < 1:
            raise ValueError(
                f'`run_length` must be at least 1, got {run_length}')
        self.run_length = run_length
        self.min_iou = min_iou
        self.reset()

    def reset(self) -> None:
        """Forget all runs, as after a cut."""
        self._tracker = PoseTracker(max_lost=0)
        # by track: the box of its run, frames so far
        self._runs: Dict[int, Tuple[np.ndarray, int]] = {}

    def update(self, boxes: np.ndarray) -> Tuple[List[int], np.ndarray]:
        """Take the boxes of the next frame.

        Args:
            boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2.

        Returns:
            tuple: P numbers of tracks, and the boxes to crop, (P, 4).
        """
        boxes = np.asarray(boxes).reshape(-1, 4)
        tracks = self._tracker.update(boxes)
        runs, crops = {}, []
        for track, box in zip(tracks, boxes):
            crop, frames = self._runs.get(track, (box, 0))
            if (frames >= self.run_length
                    or box_iou(box, crop)[0, 0] < self.min_iou):
                crop, frames = box, 0
            runs[track] = (crop, frames + 1)
            crops.append(crop)
        self._runs = runs
        return list(tracks), np.stack(crops) if crops else boxes
