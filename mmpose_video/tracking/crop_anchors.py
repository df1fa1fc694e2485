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
        self._next_id = 0
        # by track: id of the run, its box, frames so far
        self._runs: Dict[int, Tuple[int, np.ndarray, int]] = {}

    def update(self, boxes: np.ndarray) -> Tuple[List[int], np.ndarray]:
        """Take the boxes of the next frame.

        Args:
            boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2.

        Returns:
            tuple: P ids of runs, and the boxes to crop, shape (P, 4).
        """
        boxes = np.asarray(boxes).reshape(-1, 4)
        runs, used, crops = {}, [], []
        for track, box in zip(self._tracker.update(boxes), boxes):
            run = self._runs.get(track)
            if (run is None or run[2] >= self.run_length
                    or box_iou(box, run[1])[0, 0] < self.min_iou):
                run = (self._next_id, box, 0)
                self._next_id += 1
            runs[track] = (run[0], run[1], run[2] + 1)
            used.append(run[0])
            crops.append(run[1])
        self._runs = runs
        return used, np.stack(crops) if crops else boxes
