"""What the readers of PoseTrack's layouts share."""
import json
import logging
from typing import Any, List, Sequence, Tuple

import numpy as np
from mmengine.logging import print_log

from .keypoints import POSETRACK_JOINTS
from .pose_table import PoseTable

#: Score of a joint whose file gives none (the official fallback).
MISSING_SCORE = -9999.0
#: Ratio of the head size to the diagonal of the head box (official).
HEAD_SIZE_RATIO = 0.6


def load_json(path: str) -> Any:
    """Read a json file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not valid json; the message names the file.
    """
    with open(path, encoding='utf-8') as file:
        try:
            return json.load(file)
        except ValueError as error:  # covers UnicodeDecodeError as well
            raise ValueError(f'{path} is not valid json: {error}') from error


def head_size(box: Any, where: str) -> float:
    """0.6 x the diagonal of a box given as corners ``[x1, y1, x2, y2]``.

    The official routine for one vector is used on purpose, so that sizes
    agree to the last bit.
    """
    try:
        x1, y1, x2, y2 = box
        size = HEAD_SIZE_RATIO * float(
            np.linalg.norm(np.subtract([x2, y2], [x1, y1])))
    except (TypeError, ValueError) as error:
        raise ValueError(f'{where}: not a head box: {box!r}') from error
    if not np.isfinite(size):
        raise ValueError(f'{where}: the head box {box!r} is not finite')
    return size


def make_table(num_frames: int, frame: np.ndarray, joints: np.ndarray,
            present: np.ndarray, scores: np.ndarray, size: np.ndarray,
            regions: List[Tuple[int, np.ndarray]], names: Sequence[str],
            with_heads: bool) -> PoseTable:
    """Check what must hold in every layout, sort by frame, make a table."""
    finite = np.isfinite(joints).all(axis=-1)
    bad = np.argwhere(present & ~finite)
    if len(bad) and with_heads:
        row, joint = bad[0]
        raise ValueError(f'{names[row]}: {POSETRACK_JOINTS[joint]} lies at '
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
        raise ValueError(f'{names[row]}: the score of '
                         f'{POSETRACK_JOINTS[joint]} is NaN or null')
    occupied = np.zeros(num_frames, dtype=bool)
    occupied[frame] = True
    order = np.argsort(frame, kind='stable')
    return PoseTable(num_frames, frame[order], joints[order], present[order],
                     scores[order], size[order], occupied, regions)


def polygons_from(xs: Any, ys: Any, where: str) -> List[np.ndarray]:
    """Corner arrays (E, 2) from lists of x and of y."""
    polygons = []
    for x, y in zip(xs, ys):
        try:
            corners = np.array(list(zip(x, y)), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f'{where}: an ignore region must be a list of '
                             'numbers in x and one in y') from error
        if not np.isfinite(corners).all():
            raise ValueError(f'{where}: an ignore region is not finite')
        polygons.append(corners.reshape(-1, 2))
    return polygons
