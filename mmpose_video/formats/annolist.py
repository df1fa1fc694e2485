"""Read ``annolist`` json files, PoseTrack17's layout."""
from typing import Any, Dict, List, Optional, Tuple

import numpy as np


def as_list(value: Any) -> list:
    """A list of it: the tool that made the files drops lists of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def first(entry: Any, key: str) -> Any:
    """A field's value, which may be wrapped in a list; None if absent."""
    if not isinstance(entry, dict):
        return None
    found = as_list(entry.get(key))
    return found[0] if found else None


def image_name(frame: dict) -> str:
    """Name of a frame's image.

    Raises:
        ValueError: If there is none.
    """
    name = first(first(frame, 'image'), 'name')
    if not name:
        raise ValueError("a frame of 'annolist' has no image name")
    return str(name).replace('\\', '/')


def read_points(rect: dict, num_joints: int
                ) -> Tuple[np.ndarray, np.ndarray, Dict[int, Any]]:
    """Joints of a person.

    Args:
        rect (dict): An element of ``annorect``.
        num_joints (int): Ids run from 0 to this.

    Returns:
        tuple:
        - points (np.ndarray): Pixels, (num_joints, 2), zero where absent.
        - labelled (np.ndarray): (num_joints, ) bool.
        - raw (dict): The points' entries by id.

    Raises:
        ValueError: If a coordinate is no finite number.
    """
    points = np.zeros((num_joints, 2))
    labelled = np.zeros(num_joints, dtype=bool)
    raw: Dict[int, Any] = {}
    for point in _points(rect):
        joint = first(point, 'id')
        if joint is None or int(joint) not in range(num_joints):
            continue
        joint = int(joint)
        if labelled[joint]:
            continue  # as the official evaluation: the first counts
        xy = np.array([first(point, 'x'), first(point, 'y')], dtype=float)
        if not np.isfinite(xy).all():
            raise ValueError(f'joint {joint} lies at {xy.tolist()}')
        points[joint], labelled[joint], raw[joint] = xy, True, point
    return points, labelled, raw


def _points(rect: dict) -> list:
    group = first(rect, 'annopoints')
    return as_list(group.get('point')) if isinstance(group, dict) else []


def corner_box(rect: dict) -> Optional[List[float]]:
    """``x1, y1, x2, y2`` as ``[x, y, width, height]``; None if absent."""
    corners = [first(rect, key) for key in ('x1', 'y1', 'x2', 'y2')]
    if any(value is None for value in corners):
        return None
    x1, y1, x2, y2 = (float(value) for value in corners)
    if not np.isfinite([x1, y1, x2, y2]).all():
        return None
    return [x1, y1, x2 - x1, y2 - y1]


def ignore_regions(frame: dict) -> Tuple[List[list], List[list]]:
    """Polygons of a frame as lists of x and lists of y."""
    xs, ys = [], []
    for region in as_list(frame.get('ignore_regions')):
        points = as_list(region.get('point'))
        xs.append([first(point, 'x') for point in points])
        ys.append([first(point, 'y') for point in points])
    return xs, ys
