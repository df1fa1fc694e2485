"""Reader of PoseTrack17's layout."""
from typing import Any, List, Tuple

import numpy as np

from .keypoints import POSETRACK_JOINTS
from .pose_table import PoseTable
from .posetrack_parts import (
    MISSING_SCORE,
    head_size,
    make_table,
    polygons_from,
)


def _first(entry: dict, key: str, where: str) -> Any:
    """The value of a field; the layout wraps each in a list of one."""
    value = entry.get(key)
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None:
        raise ValueError(f'{where} has no {key!r}')
    return value


def read_annolist(frames: Any, source: str, with_heads: bool) -> PoseTable:
    """The layout of PoseTrack17: frames holding rectangles with points."""
    if not isinstance(frames, list):
        raise ValueError(f"{source}: 'annolist' is not a list")
    num_joints = len(POSETRACK_JOINTS)
    frame, joints, present, scores, size, names = [], [], [], [], [], []
    occupied = np.zeros(len(frames), dtype=bool)
    regions: List[Tuple[int, np.ndarray]] = []
    for i, entry in enumerate(frames):
        rects = entry.get('annorect') or []
        occupied[i] = len(rects) > 0
        for region in entry.get('ignore_regions') or []:
            where = f'{source}, frame {i}, ignore region'
            x = [_first(point, 'x', where) for point in region['point']]
            y = [_first(point, 'y', where) for point in region['point']]
            regions += [(i, poly) for poly in polygons_from([x], [y], where)]
        for j, rect in enumerate(rects):
            where = f'{source}, frame {i}, person {j}'
            groups = rect.get('annopoints') or [{}]
            points = groups[0].get('point') or []
            xy = np.zeros((num_joints, 2))
            has = np.zeros(num_joints, dtype=bool)
            score = np.full(num_joints, MISSING_SCORE)
            for point in points:
                joint = _first(point, 'id', where)
                if joint not in range(num_joints) or has[joint]:
                    continue  # of two points with one id the first counts
                has[joint] = True
                xy[joint] = _first(point, 'x', where), _first(
                    point, 'y', where)
                if point.get('score'):
                    score[joint] = _first(point, 'score', where)
            head = 0.0
            if with_heads and has.any():
                head = head_size(
                    [_first(rect, k, where) for k in ('x1', 'y1', 'x2', 'y2')],
                    where)
            frame.append(i)
            joints.append(xy)
            present.append(has)
            scores.append(score)
            size.append(head)
            names.append(where)
    shape = (len(frame), num_joints)
    return make_table(
        len(frames), np.array(frame, dtype=np.int64),
        np.array(joints).reshape(*shape, 2),
        np.array(present, dtype=bool).reshape(shape),
        np.array(scores).reshape(shape), np.array(size), regions, names,
        with_heads)
