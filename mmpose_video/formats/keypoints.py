"""Names and orders of the keypoints of each benchmark.

PoseTrack has two orders. The annotation files of PoseTrack18 and 21 hold 17
points in COCO's manner (two of them, the ears, are never labeled); the
official evaluation has 15 keypoints with ids of its own. PoseTrack's 17 points
stand where COCO's do, but points 1 and 2 are COCO's eyes and PoseTrack's neck
and top of the head, so everything is mapped by name, never by position.
"""
from typing import Dict, Iterable, List, Sequence, Tuple

import numpy as np

#: More keypoints than any file of labels has; others may claim any number.
MAX_KEYPOINTS = 100_000

#: COCO's order.
COCO_KEYPOINTS: Tuple[str, ...] = (
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear',
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle')

#: Order of PoseTrack's evaluation: the index of a name is its keypoint id.
POSETRACK_JOINTS: Tuple[str, ...] = (
    'right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee',
    'left_ankle', 'right_wrist', 'right_elbow', 'right_shoulder',
    'left_shoulder', 'left_elbow', 'left_wrist', 'head_bottom', 'nose',
    'head_top')

#: Order of the annotation files of PoseTrack18 and PoseTrack21.
POSETRACK_KEYPOINTS: Tuple[str, ...] = (
    'nose', 'head_bottom', 'head_top', *COCO_KEYPOINTS[3:])

#: Limbs of the 17-point layout, as pairs counted from one (COCO's manner).
POSETRACK_SKELETON: Tuple[Tuple[int, int], ...] = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13),
    (6, 7), (6, 8), (7, 9), (8, 10), (9, 11), (2, 3), (1, 2), (1, 3),
    (2, 4), (3, 5), (4, 6), (5, 7))

#: Groups of PoseTrack's result table. The order of the members is the
#: official one: a mean of floats depends on it in the last digit.
POSETRACK_GROUPS: Dict[str, Tuple[str, ...]] = {
    'Head': ('head_top', 'head_bottom', 'nose'),
    'Shoulder': ('right_shoulder', 'left_shoulder'),
    'Elbow': ('right_elbow', 'left_elbow'),
    'Wrist': ('right_wrist', 'left_wrist'),
    'Hip': ('right_hip', 'left_hip'),
    'Knee': ('right_knee', 'left_knee'),
    'Ankle': ('right_ankle', 'left_ankle'),
}

#: Order of HiEve.
HIEVE_JOINTS: Tuple[str, ...] = (
    'nose', 'chest', 'right_shoulder', 'right_elbow', 'right_wrist',
    'left_shoulder', 'left_elbow', 'left_wrist', 'right_hip', 'right_knee',
    'right_ankle', 'left_hip', 'left_knee', 'left_ankle')

#: Order of JHMDB's annotation files.
JHMDB_JOINTS: Tuple[str, ...] = (
    'neck', 'belly', 'head', 'right_shoulder', 'left_shoulder', 'right_hip',
    'left_hip', 'right_elbow', 'left_elbow', 'right_knee', 'left_knee',
    'right_wrist', 'left_wrist', 'right_ankle', 'left_ankle')


def person_category(names: Sequence[str],
                    links: Sequence[Sequence[int]] = ()) -> dict:
    """Return the entry of ``categories`` for people with these keypoints.

    Args:
        names (Sequence[str]): The keypoints in order.
        links (Sequence[Sequence[int]]): Limbs as pairs counted from one.

    Returns:
        dict: A category in COCO's layout.
    """
    return dict(
        supercategory='person',
        id=1,
        name='person',
        keypoints=list(names),
        skeleton=[list(link) for link in links])


def named_links(names: Sequence[str], links: Iterable[Tuple[str, str]]
                ) -> List[Tuple[int, int]]:
    """Return limbs given by names as pairs of indices counted from one."""
    place = {name: i + 1 for i, name in enumerate(names)}
    return [(place[a], place[b]) for a, b in links]


def posetrack_category() -> dict:
    """Return the category of PoseTrack's 17 keypoints."""
    return person_category(POSETRACK_KEYPOINTS, POSETRACK_SKELETON)


def default_names(count: int) -> Tuple[str, ...]:
    """Return names for keypoints of a file without names.

    Args:
        count (int): K.

    Returns:
        tuple[str]: COCO's for 17, else ``keypoint_0`` and so on.
    """
    if count == len(COCO_KEYPOINTS):
        return COCO_KEYPOINTS
    return tuple(f'keypoint_{i}' for i in range(count))


def columns_of(names: Sequence[str],
               wanted: Sequence[str] = POSETRACK_JOINTS) -> np.ndarray:
    """Find the index of each wanted keypoint in a list of names.

    Args:
        names (Sequence[str]): Names of the available keypoints, in order.
        wanted (Sequence[str]): Names to look for.
            Defaults to the 15 keypoints of PoseTrack's evaluation.

    Returns:
        np.ndarray: (len(wanted),) int64 indices into ``names``.

    Raises:
        ValueError: If a wanted keypoint is absent or a name appears twice.
    """
    names = list(names)
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ValueError(f'the keypoints {names} lack {missing}')
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f'the keypoints {names} repeat {twice}')
    return np.array([names.index(name) for name in wanted], dtype=np.int64)


def mapping_pairs(source: Sequence[str],
                  target: Sequence[str]) -> List[Tuple[int, int]]:
    """Pair the indices of equal names in two keypoint sets.

    The result is the ``mapping`` of MMPose's ``KeypointConverter``.

    Args:
        source (Sequence[str]): Names of the available keypoints.
        target (Sequence[str]): Names of the wanted keypoints.

    Returns:
        list[tuple[int, int]]: (index in ``source``, index in ``target``) of
        each name that both sets have.

    Examples:
        >>> mapping_pairs(COCO_KEYPOINTS, POSETRACK_JOINTS)[:3]
        [(16, 0), (14, 1), (12, 2)]
    """
    place = {name: i for i, name in enumerate(source)}
    return [(place[name], i) for i, name in enumerate(target)
            if name in place]
