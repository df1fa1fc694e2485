"""Read ``annolist``, the layout of PoseTrack17 and of MPII.

The tool that made such files drops lists of one, so a field may or may not be
wrapped in a list. :class:`AnnolistRecord` reads both alike.
"""
from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

import numpy as np

from .schema import FormatError, Record


class AnnolistRecord(Record):
    """An object of an ``annolist``, whose lists of one may be absent."""

    __slots__ = ()

    def value(self, key: str) -> Any:
        """Return a field's value, out of its list if it is in one."""
        value = self.data.get(key)
        if isinstance(value, list):
            return value[0] if value else None
        return value

    def values(self, key: str) -> Any:
        """Return a field's value, in a list if it is in none."""
        value = self.data.get(key)
        return value if value is None or isinstance(value, list) else [value]

    def image_name(self) -> str:
        """Return the name of a frame's image, with forward slashes.

        Raises:
            FormatError: If the frame has none.
        """
        return self.record('image').text('name').replace('\\', '/')

    def corners(self) -> Optional[List[float]]:
        """Return ``[x1, y1, x2, y2]``; None if one of them is absent.

        Raises:
            FormatError: If one of them is not a finite number.
        """
        found = [self.number(key, None) for key in ('x1', 'y1', 'x2', 'y2')]
        return None if None in found else found  # type: ignore[return-value]

    def regions(self) -> Tuple[List[list], List[list]]:
        """Return the ignore regions of a frame as lists of x and of y.

        Raises:
            FormatError: If a coordinate is not a finite number.
        """
        xs, ys = [], []
        for region in self.records('ignore_regions', optional=True):
            points = region.records('point', optional=True)
            xs.append([point.number('x') for point in points])
            ys.append([point.number('y') for point in points])
        return xs, ys

    def joints(self, num_joints: int) -> 'AnnolistJoints':
        """Return the keypoints of a person (an element of ``annorect``).

        Of two points with one id the first counts, as in the official
        evaluation; ids outside of the range are left out.

        Args:
            num_joints (int): Ids run from 0 to ``num_joints - 1``.

        Raises:
            FormatError: If a point lacks a field or has a wrong one.
        """
        joints = AnnolistJoints(
            np.zeros((num_joints, 2)), np.zeros(num_joints, dtype=bool),
            np.full(num_joints, np.nan), [None] * num_joints)
        for point in self._points():
            joint = point.integer('id')
            if not 0 <= joint < num_joints or joints.labeled[joint]:
                continue
            joints.points[joint] = (point.number('x', finite=False),
                                    point.number('y', finite=False))
            joints.labeled[joint] = True
            if point.value('score') is not None:
                joints.scores[joint] = point.number('score')
            joints.flags[joint] = point.integer('flag', None)
        return joints

    def has_points(self) -> bool:
        """Return whether a person has a list of points, even if empty."""
        group = self.value('annopoints')
        return isinstance(group, dict) and 'point' in group

    def _points(self) -> List['AnnolistRecord']:
        if self.value('annopoints') in (None, ''):
            return []
        return self.record('annopoints').records('point', optional=True)


@dataclass
class AnnolistJoints:
    """The J keypoints of a person.

    Attributes:
        points (np.ndarray): (J, 2) pixels, zero where absent. They need not
            be finite.
        labeled (np.ndarray): (J,) bool.
        scores (np.ndarray): (J,), NaN where absent.
        flags (list[int | None]): J flags of visibility, as in the file.
    """

    points: np.ndarray
    labeled: np.ndarray
    scores: np.ndarray
    flags: List[Optional[int]]


def annolist_frames(data: Any, source: str) -> List[AnnolistRecord]:
    """Return the frames of a parsed ``annolist`` file.

    Raises:
        FormatError: If it is not of this layout.
    """
    if not isinstance(data, dict) or not isinstance(
            data.get('annolist'), list):
        raise FormatError(f"{source}: 'annolist' is missing or not a list")
    return AnnolistRecord(data, source).records('annolist')
