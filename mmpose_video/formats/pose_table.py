"""One flat table for the people of many frames."""
from dataclasses import dataclass, field
from typing import List, Sequence, Tuple

import numpy as np


@dataclass
class PoseTable:
    """People of many frames as arrays, one row each.

    Shape shorthand: P people (rows), J joints.

    Args:
        num_frames (int): Number of frames, those without people included.
        frame (np.ndarray): (P,) int64, ascending: each row's frame.
        joints (np.ndarray): (P, J, 2) float64, pixels.
        present (np.ndarray): (P, J) bool: the joint is annotated or
            predicted.
        scores (np.ndarray): (P, J) float64 joint scores. Unused in ground
            truth.
        size (np.ndarray): (P,) float64, the reference length in pixels
            that distances are divided by. Unused in predictions.
        occupied (np.ndarray): (num_frames,) bool: the frame's source lists
            at least one person. It differs from what ``frame`` tells once
            rows were dropped.
        regions (list[tuple[int, np.ndarray]]): Ignore regions: a frame and
            the corners (E, 2) of a polygon in pixels.
    """
    num_frames: int
    frame: np.ndarray
    joints: np.ndarray
    present: np.ndarray
    scores: np.ndarray
    size: np.ndarray
    occupied: np.ndarray
    regions: List[Tuple[int, np.ndarray]] = field(default_factory=list)

    def __len__(self) -> int:
        """Number of people."""
        return len(self.frame)

    @classmethod
    def concat(cls, tables: Sequence['PoseTable']) -> 'PoseTable':
        """Chain tables; frames are renumbered one table after the other.

        Args:
            tables (Sequence[PoseTable]): At least one table, all with the
                same number of joints.

        Returns:
            PoseTable: The rows of all tables, in order.
        """
        starts = np.cumsum([0] + [table.num_frames for table in tables])
        return cls(
            num_frames=int(starts[-1]),
            frame=np.concatenate(
                [table.frame + start for table, start in zip(tables, starts)]),
            joints=np.concatenate([table.joints for table in tables]),
            present=np.concatenate([table.present for table in tables]),
            scores=np.concatenate([table.scores for table in tables]),
            size=np.concatenate([table.size for table in tables]),
            occupied=np.concatenate([table.occupied for table in tables]),
            regions=[(frame + int(start), polygon)
                     for table, start in zip(tables, starts)
                     for frame, polygon in table.regions])

    def in_frames(self, keep: np.ndarray) -> 'PoseTable':
        """The same table without the people of some frames.

        Args:
            keep (np.ndarray): (num_frames,) bool.

        Returns:
            PoseTable: Rows and regions of the kept frames; the numbering
            of frames is unchanged.
        """
        rows = keep[self.frame]
        return PoseTable(
            num_frames=self.num_frames,
            frame=self.frame[rows],
            joints=self.joints[rows],
            present=self.present[rows],
            scores=self.scores[rows],
            size=self.size[rows],
            occupied=self.occupied & keep,
            regions=[item for item in self.regions if keep[item[0]]])
