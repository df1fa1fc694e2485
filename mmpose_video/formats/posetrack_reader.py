"""Reader of PoseTrack's json layouts."""
import logging
import os.path as osp
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from mmengine.logging import print_log

from .annolist_table import read_annolist
from .keypoints import columns_of
from .pose_table import PoseTable
from .posetrack_parts import (
    MISSING_SCORE,
    head_size,
    make_table,
    polygons_from,
)


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
        return read_annolist(data['annolist'], source, with_heads)
    return _read_coco_style(data, source, with_heads)


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
    columns = _columns(data, source)
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
            polygons_of[image['id']] = polygons_from(
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
            size[row] = head_size(box, names[row])
    return make_table(
        len(data['images']), np.array(frame, dtype=np.int64), points[..., :2],
        present, scores, size, regions, names, with_heads)


def _columns(data: dict, source: str) -> np.ndarray:
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
