"""Move key points from one set to another, by name.

PoseTrack's 17 points stand where COCO's do, but points 1 and 2 are COCO's
eyes and PoseTrack's neck and top of the head: mapping by position is wrong
without any sign of it.
"""
from typing import List, Sequence, Tuple

import numpy as np

from mmpose_video.evaluation.functional.hieve import HIEVE_JOINTS
from mmpose_video.evaluation.functional.sub_jhmdb import JHMDB_JOINTS

from .keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
)

COCO_KEYPOINTS: Tuple[str, ...] = (
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear',
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle')

#: Names of the key points by set.
KEYPOINT_SETS = dict(
    coco=COCO_KEYPOINTS,
    posetrack17=POSETRACK_KEYPOINTS,
    posetrack18=POSETRACK_KEYPOINTS,
    posetrack21=POSETRACK_KEYPOINTS,
    posetrack15=POSETRACK_JOINTS,
    jhmdb=JHMDB_JOINTS,
    hieve=HIEVE_JOINTS)


def keypoint_names(name: str) -> Tuple[str, ...]:
    """Names of a set's key points in order.

    Raises:
        KeyError: If there is no such set.
    """
    if name not in KEYPOINT_SETS:
        raise KeyError(f'there is no key-point set {name!r}, only '
                       f'{sorted(KEYPOINT_SETS)}')
    return KEYPOINT_SETS[name]


def mapping_pairs(source: Sequence[str],
                  target: Sequence[str]) -> List[Tuple[int, int]]:
    """Places in two lists that hold the same name.

    It is the ``mapping`` of MMPose's ``KeypointConverter`` transform.

    Args:
        source (Sequence[str]): Names at hand.
        target (Sequence[str]): Names wanted.

    Returns:
        list[tuple[int, int]]: (place in ``source``, place in ``target``).

    Examples:
        >>> mapping_pairs(keypoint_names('coco'),
        ...               keypoint_names('posetrack15'))[:3]
        [(16, 0), (14, 1), (12, 2)]
    """
    place = {name: i for i, name in enumerate(source)}
    return [(place[name], i) for i, name in enumerate(target)
            if name in place]


def map_keypoints(points: np.ndarray, source: Sequence[str],
                  target: Sequence[str]) -> np.ndarray:
    """Order key points as another set has them.

    Args:
        points (np.ndarray): (..., K, C) with K the length of ``source``:
            coordinates, and flags or scores where there are any.
        source (Sequence[str]): Names at hand.
        target (Sequence[str]): Names wanted.

    Returns:
        np.ndarray: (..., len(target), C); zeros where ``source`` lacks the
        name.

    Raises:
        ValueError: If ``points`` does not fit ``source``.
    """
    if points.ndim < 2 or points.shape[-2] != len(source):
        raise ValueError(f'key points of shape {points.shape} do not fit '
                         f'{len(source)} names')
    shape = (*points.shape[:-2], len(target), points.shape[-1])
    out = np.zeros(shape, dtype=points.dtype)
    pairs = np.array(mapping_pairs(source, target), dtype=np.int64)
    if len(pairs):
        out[..., pairs[:, 1], :] = points[..., pairs[:, 0], :]
    return out
