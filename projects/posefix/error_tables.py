"""Frequency and size of each kind of error of pose estimators.

"PoseFix: Model-agnostic General Human Pose Refinement Network", Moon, Chang
and Lee, CVPR 2019 (https://arxiv.org/abs/1812.03595). The numbers are those
of the authors' release, which counts COCO's keypoints by index; here groups of
keypoints are told by name, so that they hold for other sets of keypoints.
"""
from typing import Dict, Sequence, Tuple

import numpy as np

#: The kinds in the order of the columns of :func:`kind_probabilities`.
KINDS: Tuple[str, ...] = ('jitter', 'miss', 'inversion', 'swap', 'good')

_FACE = ('nose', 'eye', 'ear', 'head', 'head_top', 'head_bottom', 'neck',
         'upper_neck', 'thorax', 'chest')
_UPPER = ('shoulder', 'elbow', 'wrist')
_LOWER = ('hip', 'knee', 'ankle', 'pelvis', 'belly')


def joint_parts(names: Sequence[str]) -> Tuple[str, ...]:
    """Return names without sides.

    Args:
        names (Sequence[str]): K names.

    Returns:
        tuple[str]: K names.

    Raises:
        ValueError: If a keypoint belongs to no group of the tables.
    """
    parts = tuple(
        name.replace('left_', '').replace('right_', '') for name in names)
    unknown = sorted(set(parts) - set(_FACE + _UPPER + _LOWER))
    if unknown:
        raise ValueError(
            f'PoseFix has no error statistics for the keypoints {unknown}')
    return parts


def _pick(parts: Sequence[str], values: Dict[Tuple[str, ...], float],
          other: float) -> np.ndarray:
    """Return each joint's value, by the group that it is in."""
    table = {part: value for group, value in values.items() for part in group}
    return np.array([table.get(part, other) for part in parts])


def kind_probabilities(parts: Sequence[str], num_labeled: int,
                       num_near: int) -> np.ndarray:
    """Return how likely each kind of error is for each keypoint.

    Args:
        parts (Sequence[str]): K names of :func:`joint_parts`.
        num_labeled (int): Labeled keypoints of the person inside the crop.
        num_near (int): Number of people near the person.

    Returns:
        np.ndarray: (K, 5) float64, columns as :data:`KINDS`; rows sum to
        one.
    """
    jitter = _pick(parts, {('nose', 'knee', 'ankle'): .15,
                           ('hip', 'pelvis', 'belly'): .25}, .20)
    if num_labeled > 10:
        jitter = jitter - .05
    face, end, other = ((.15, .20, .25) if num_labeled <= 5 else
                        (.10, .13, .15) if num_labeled <= 10 else
                        (.02, .05, .10))
    miss = _pick(parts, {_FACE: face, ('shoulder', 'ankle'): end}, other)
    inversion = _pick(parts, {_FACE: .01, _UPPER: .03}, .06)
    crowded = ((num_labeled <= 10 and num_near > 0)
               or (num_labeled <= 15 and num_near >= 3))
    face, upper, lower = (.02, .15, .10) if crowded else (.01, .06, .03)
    swap = _pick(parts, {_FACE: face, _UPPER: upper}, lower)
    wrong = np.stack([jitter, miss, inversion, swap], axis=1)
    return np.concatenate([wrong, 1 - wrong.sum(axis=1, keepdims=True)], 1)


def distance_at(similarity: float, area: float,
                sigmas: np.ndarray) -> np.ndarray:
    """Return the distance at which a keypoint has a keypoint similarity.

    The inverse of ``exp(-d**2 / (2 * area * (2 * sigma)**2))``.

    Args:
        similarity (float): In (0, 1].
        area (float): Area of the person in square pixels.
        sigmas (np.ndarray): (K,) widths.

    Returns:
        np.ndarray: (K,) pixels.
    """
    return np.sqrt(-2 * area * np.log(similarity)) * 2 * np.asarray(
        sigmas, dtype=np.float64)
