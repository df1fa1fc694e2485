"""Readers of PoseTrack's json layouts."""
import json
import logging
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.logging import print_log

from .pose_table import PoseTable
from .posetrack_joints import POSETRACK_JOINTS, columns_of

#: Score of a joint whose file gives none (the official fallback).
MISSING_SCORE = -9999.0
#: Ratio of the head size to the diagonal of the head box (official).
HEAD_SIZE_RATIO = 0.6
_JOINT_ID = {name: i for i, name in enumerate(POSETRACK_JOINTS)}


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


def read_posetrack(data: Dict[str, Any], source: str,
                   with_heads: bool) -> PoseTable:
    """Turn the content of one video's file into a table.

    Both layouts are read: that of PoseTrack18 and 21 (``images`` and
    ``annotations``) and that of PoseTrack17 (``annolist``).

    Args:
        data (dict): The parsed json.
        source (str): Name of the file, for messages.
        with_heads (bool): Whether head boxes are needed, as in ground
            truth.

    Returns:
        PoseTable: The 15 official joints of every person; ``size`` is the
        head size, 0.6 times the diagonal of the head box.

    Raises:
        ValueError: If the content does not follow the layout.
    """
    if not isinstance(data, dict):
        raise ValueError(f'{source}: the file holds a '
                         f'{type(data).__name__}, not an object with '
                         "'images' and 'annotations'")
    if 'annolist' in data:
        return _read_annolist(data['annolist'], source, with_heads)
    return _read_coco_style(data, source, with_heads)


# ---------------------------------------------------------------- shared


def _head_size(box: Any, where: str) -> float:
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


def _finish(num_frames: int, frame: np.ndarray, joints: np.ndarray,
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


def _polygons(xs: Any, ys: Any, where: str) -> List[np.ndarray]:
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


# ------------------------------------------------- PoseTrack18 and later


def _video_name(image: dict) -> Optional[str]:
    """The video an image belongs to, by its folder, as poseval reads it."""
    name = image.get('file_name')
    if not isinstance(name, str):
        return None
    return osp.basename(osp.dirname(name)).split('_')[0]


def _key_point_names(data: dict, source: str) -> List[str]:
    """Names of the key points that the file's category lists."""
    categories = data.get('categories')
    if not isinstance(categories, list) or len(categories) != 1:
        raise ValueError(f"{source}: 'categories' must hold exactly one "
                         'entry, the person with the names of its key '
                         'points')
    names = categories[0].get('keypoints')
    if not isinstance(names, list) or len(names) not in (15, 17):
        count = len(names) if isinstance(names, list) else 'no'
        raise ValueError(f'{source}: the category lists {count} key points; '
                         'PoseTrack has 17 (or the 15 that are evaluated)')
    return names


def _numbers(rows: List[Any], length: int, names: List[str],
             what: str) -> np.ndarray:
    """(P, length) float64 from lists, with the culprit in the message."""
    for row, name in zip(rows, names):
        if not isinstance(row, (list, tuple, np.ndarray)):
            raise ValueError(f'{name}: {what} is missing or not a list')
        if len(row) != length:
            raise ValueError(f'{name}: {what} holds {len(row)} numbers, '
                             f'not {length}')
    try:
        return np.array(rows, dtype=np.float64).reshape(len(rows), length)
    except (TypeError, ValueError) as error:
        raise ValueError(f'{names[0]} or a later one: {what} holds '
                         f'something other than numbers: {error}') from error


def _joint_scores(annotations: List[dict], num: int,
                  names: List[str]) -> np.ndarray:
    """(P, num) scores; absent ones get the official fallback."""
    rows: List[Any] = []
    for ann, name in zip(annotations, names):
        scores = ann.get('scores')
        if scores is None or len(scores) == 0:
            rows.append([MISSING_SCORE] * num)
            continue
        if len(scores) < num:
            raise ValueError(f"{name}: 'scores' has {len(scores)} numbers "
                             f'for {num} key points')
        rows.append(scores[:num])
    return _numbers(rows, num, names, "'scores'")


def _read_coco_style(data: dict, source: str, with_heads: bool) -> PoseTable:
    """The layout of PoseTrack18 and 21: one COCO file per video."""
    for key in ('images', 'annotations'):
        if not isinstance(data.get(key), list):
            raise ValueError(f'{source}: there is no list {key!r}')
    columns = columns_of_source(data, source)
    num_points = len(data['categories'][0]['keypoints'])
    videos = {name for name in map(_video_name, data['images']) if name}
    if len(videos) > 1:
        raise ValueError(
            f'{source} holds {len(videos)} videos ({sorted(videos)[:3]}...);'
            ' the benchmark has one file per video')

    # An image id that appears twice gives its people to both frames, and
    # its first entry's ignore regions: what the official reader does.
    frames_of: Dict[Any, List[int]] = {}
    regions: List[Tuple[int, np.ndarray]] = []
    polygons_of: Dict[Any, List[np.ndarray]] = {}
    for i, image in enumerate(data['images']):
        if 'id' not in image:
            raise ValueError(f"{source}: image number {i} has no 'id'")
        frames_of.setdefault(image['id'], []).append(i)
        if image['id'] not in polygons_of:
            polygons_of[image['id']] = _polygons(
                image.get('ignore_regions_x') or [],
                image.get('ignore_regions_y') or [],
                f"{source}, image {image['id']}")
        regions += [(i, polygon) for polygon in polygons_of[image['id']]]

    annotations, frame, names = [], [], []
    strangers = 0
    for i, ann in enumerate(data['annotations']):
        if 'image_id' not in ann:
            raise ValueError(
                f"{source}: annotation number {i} has no 'image_id'")
        if ann['image_id'] not in frames_of:
            strangers += 1
        for position in frames_of.get(ann['image_id'], ()):
            annotations.append(ann)
            frame.append(position)
            names.append(f"{source}, annotation {ann.get('id', f'no. {i}')} "
                         f"(image {ann['image_id']})")
    if strangers:
        print_log(
            f'{source}: {strangers} annotations name images that the file '
            'does not list; they are left out.',
            logger='current',
            level=logging.WARNING)

    points = _numbers([ann.get('keypoints') for ann in annotations],
                      num_points * 3, names, "'keypoints'")
    points = points.reshape(-1, num_points, 3)[:, columns]
    # Only (0, 0) with flag 0 means "not there".
    present = (points != 0).any(axis=-1)
    scores = _joint_scores(annotations, num_points, names)[:, columns]
    size = np.zeros(len(annotations))
    if with_heads:
        for row in np.flatnonzero(present.any(axis=1)):
            box = annotations[row].get('bbox_head')
            if box is None:
                raise ValueError(
                    f"{names[row]} has no 'bbox_head': the measure divides "
                    'distances by the size of the head')
            if len(box) == 4:
                box = [box[0], box[1], box[0] + box[2], box[1] + box[3]]
            size[row] = _head_size(box, names[row])
    return _finish(
        len(data['images']), np.array(frame, dtype=np.int64), points[..., :2],
        present, scores, size, regions, names, with_heads)


def columns_of_source(data: dict, source: str) -> np.ndarray:
    """Columns of the 15 official joints among a file's key points.

    Args:
        data (dict): Parsed json with ``categories``.
        source (str): Name of the file, for messages.

    Returns:
        np.ndarray: (15,) int64.

    Raises:
        ValueError: If the category does not name all 15 joints.
    """
    names = _key_point_names(data, source)
    try:
        return columns_of(names)
    except ValueError as error:
        raise ValueError(f'{source}: {error}') from error


# ------------------------------------------------------------ PoseTrack17


def _first(entry: dict, key: str, where: str) -> Any:
    """The value of a field; the layout wraps each in a list of one."""
    value = entry.get(key)
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None:
        raise ValueError(f'{where} has no {key!r}')
    return value


def _read_annolist(frames: Any, source: str, with_heads: bool) -> PoseTable:
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
            regions += [(i, poly) for poly in _polygons([x], [y], where)]
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
                head = _head_size(
                    [_first(rect, k, where) for k in ('x1', 'y1', 'x2', 'y2')],
                    where)
            frame.append(i)
            joints.append(xy)
            present.append(has)
            scores.append(score)
            size.append(head)
            names.append(where)
    shape = (len(frame), num_joints)
    return _finish(
        len(frames), np.array(frame, dtype=np.int64),
        np.array(joints).reshape(*shape, 2),
        np.array(present, dtype=bool).reshape(shape),
        np.array(scores).reshape(shape), np.array(size), regions, names,
        with_heads)
