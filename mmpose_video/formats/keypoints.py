"""Joint lists and groups of the PoseTrack benchmark.

Two orders exist. The annotation files of PoseTrack18 and 21 hold 17 points
in COCO's manner (two of them, the ears, are never labelled); the official
evaluation knows 15 joints with ids of its own. Everything here is mapped by
name, never by position.
"""
from typing import Dict, Sequence, Tuple

import numpy as np

#: Official evaluation order: the index of a name is its joint id.
POSETRACK_JOINTS: Tuple[str, ...] = (
    'right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee',
    'left_ankle', 'right_wrist', 'right_elbow', 'right_shoulder',
    'left_shoulder', 'left_elbow', 'left_wrist', 'head_bottom', 'nose',
    'head_top')

#: Order of the annotation files of PoseTrack18 and PoseTrack21.
POSETRACK_KEYPOINTS: Tuple[str, ...] = (
    'nose', 'head_bottom', 'head_top', 'left_ear', 'right_ear',
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle')

#: Limbs of the 17-point layout, as pairs counted from one (COCO's manner).
POSETRACK_SKELETON: Tuple[Tuple[int, int], ...] = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13),
    (6, 7), (6, 8), (7, 9), (8, 10), (9, 11), (2, 3), (1, 2), (1, 3),
    (2, 4), (3, 5), (4, 6), (5, 7))

#: Groups of the result table. The order of the members is the official
#: one: a mean of floats depends on it in the last digit.
POSETRACK_GROUPS: Dict[str, Tuple[str, ...]] = {
    'Head': ('head_top', 'head_bottom', 'nose'),
    'Shoulder': ('right_shoulder', 'left_shoulder'),
    'Elbow': ('right_elbow', 'left_elbow'),
    'Wrist': ('right_wrist', 'left_wrist'),
    'Hip': ('right_hip', 'left_hip'),
    'Knee': ('right_knee', 'left_knee'),
    'Ankle': ('right_ankle', 'left_ankle'),
}


def columns_of(names: Sequence[str],
               wanted: Sequence[str] = POSETRACK_JOINTS) -> np.ndarray:
    """Where each wanted joint stands in a list of key point names.

    Args:
        names (Sequence[str]): Names of the key points at hand, in order.
        wanted (Sequence[str]): Names to look for.
            Defaults to the 15 official joints.

    Returns:
        np.ndarray: (len(wanted),) int64 indices into ``names``.

    Raises:
        ValueError: If a wanted joint is absent or a name appears twice.
    """
    names = list(names)
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ValueError(f'the key points {names} lack {missing}')
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f'the key points {names} repeat {twice}')
    return np.array([names.index(name) for name in wanted], dtype=np.int64)
