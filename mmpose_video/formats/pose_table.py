"""One flat table for the people of many frames."""
import logging
from dataclasses import dataclass, field
from typing import List, Sequence, Tuple

import numpy as np
from mmengine.logging import print_log

from .schema import FormatError, shown

#: Ratio of the head size to the diagonal of the head box (official).
HEAD_SIZE_RATIO = 0.6


@dataclass
class PoseTable:
    """People of many frames as arrays, one row each.

    Shape shorthand: P people (rows), J keypoints.

    Args:
        num_frames (int): Number of frames, those without people included.
        frame (np.ndarray): (P,) int64, ascending: each row's frame.
        joints (np.ndarray): (P, J, 2) float64, pixels.
        present (np.ndarray): (P, J) bool: the keypoint is annotated or
            predicted.
        scores (np.ndarray): (P, J) float64 keypoint scores. Unused in ground
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
        """Return the number of people."""
        return len(self.frame)

    @classmethod
    def concat(cls, tables: Sequence['PoseTable']) -> 'PoseTable':
        """Chain tables; frames are renumbered one table after the other.

        Args:
            tables (Sequence[PoseTable]): At least one table, all with the
                same number of keypoints.

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
        """Return the table without the people of some frames.

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


def build_table(num_frames: int, frame: np.ndarray, joints: np.ndarray,
                present: np.ndarray, scores: np.ndarray, size: np.ndarray,
                regions: List[Tuple[int, np.ndarray]], names: Sequence[str],
                joint_names: Sequence[str], is_truth: bool) -> PoseTable:
    """Check the people of a file, sort them by frame and make a table.

    Args:
        num_frames (int): See :class:`PoseTable`, as for what follows; rows
            may come in any order.
        frame (np.ndarray): (P,).
        joints (np.ndarray): (P, J, 2).
        present (np.ndarray): (P, J).
        scores (np.ndarray): (P, J).
        size (np.ndarray): (P,).
        regions (list): Ignore regions.
        names (Sequence[str]): P places in a file, for messages.
        joint_names (Sequence[str]): J names, for messages.
        is_truth (bool): Whether the people are ground truth, where
            coordinates that are not finite are an error. In predictions such
            keypoints count as wrong, which is logged.

    Returns:
        PoseTable: The table.

    Raises:
        FormatError: If a coordinate or score is not a number.
    """
    bad = np.argwhere(present & ~np.isfinite(joints).all(axis=-1))
    if len(bad) and is_truth:
        row, joint = bad[0]
        raise FormatError(f'{names[row]}: {joint_names[joint]} lies at '
                          f'{joints[row, joint].tolist()}')
    if len(bad):
        print_log(
            f'{names[bad[0, 0]]} and others: {len(bad)} predicted joints '
            'have coordinates that are not finite; they count as wrong.',
            logger='current',
            level=logging.WARNING)
    bad = np.argwhere(present & np.isnan(scores))
    if len(bad):
        row, joint = bad[0]
        raise FormatError(f'{names[row]}: the score of {joint_names[joint]} '
                          'is NaN or null')
    occupied = np.zeros(num_frames, dtype=bool)
    occupied[frame] = True
    order = np.argsort(frame, kind='stable')
    return PoseTable(num_frames, frame[order], joints[order], present[order],
                     scores[order], size[order], occupied, regions)


def head_size(box: Sequence[float], where: str) -> float:
    """Return 0.6 times the diagonal of a head box, PoseTrack's head size.

    The official routine for one vector is used on purpose, so that sizes
    agree to the last bit.

    Args:
        box (Sequence[float]): Corners ``[x1, y1, x2, y2]`` in pixels.
        where (str): Place of the box in a file, for messages.

    Returns:
        float: The size in pixels.

    Raises:
        FormatError: If the box is not four finite numbers.
    """
    try:
        x1, y1, x2, y2 = box
        size = HEAD_SIZE_RATIO * float(
            np.linalg.norm(np.subtract([x2, y2], [x1, y1])))
    except (TypeError, ValueError, OverflowError):
        raise FormatError(
            f'{where}: {shown(box)} is not a head box') from None
    if not np.isfinite(size):
        raise FormatError(f'{where}: the head box {shown(box)} is not finite')
    return size
