"""Make a pose with the errors of a pose estimator from a true one."""
from typing import Optional, Sequence, Tuple

import numpy as np

from mmpose_video.evaluation.functional.error_classes import mirrored_joints

from .error_tables import (
    KINDS,
    distance_at,
    joint_parts,
    kind_probabilities,
)

#: Draws of a disc or ring; a miss takes four times as many, a good keypoint a
#: quarter of them.
NUM_DRAWS = 500
_DRAWS_OF_KIND = dict(good=NUM_DRAWS // 4, miss=4 * NUM_DRAWS)


class ErrorSynthesizer:
    """Draw each keypoint from a disc or ring around a candidate.

    ==========  ===============================  ==================
    kind        center                           similarity to it
    ==========  ===============================  ==================
    good        the keypoint                     above 0.85
    jitter      the keypoint                     0.50 to 0.85
    inversion   its mirrored keypoint            above 0.50
    swap        either keypoint of someone near  above 0.50
    miss        any of these                     0.10 to 0.50
    ==========  ===============================  ==================

    A draw is taken only if its own center explains it: it must be farther
    from the other candidates than from its center (swap: than from the
    person's own two keypoints; miss: farther than at a similarity of 0.5 from
    all of them). A kind without such a draw is not possible; the others
    share its probability. Where none is possible, the keypoint is absent.

    Random numbers are NumPy's global ones, as in the transforms of MMPose.

    Args:
        names (Sequence[str]): K keypoints.
        sigmas (Sequence[float]): (K,) widths of COCO's similarity.
    """

    def __init__(self, names: Sequence[str], sigmas: Sequence[float]) -> None:
        self.parts = joint_parts(names)
        self.mirror = mirrored_joints(names)
        self.sigmas = np.asarray(sigmas, dtype=np.float64)
        if len(self.sigmas) != len(self.parts):
            raise ValueError(f'{len(self.parts)} keypoints have '
                             f'{len(self.sigmas)} sigmas')

    def __call__(self, own: np.ndarray, own_present: np.ndarray,
                 near: np.ndarray, near_present: np.ndarray, area: float,
                 num_labeled: int) -> Tuple[np.ndarray, np.ndarray]:
        """Draw a pose.

        Args:
            own (np.ndarray): (K, 2) keypoints of the person in pixels.
            own_present (np.ndarray): (K,) bool.
            near (np.ndarray): (O, K, 2) keypoints of the people nearby.
            near_present (np.ndarray): (O, K) bool.
            area (float): Area of the person in square pixels.
            num_labeled (int): Labeled keypoints inside the crop.

        Returns:
            tuple: The pose (K, 2) float64, and the kind of each keypoint, (K,)
            indices into ``KINDS``, -1 where it is absent.
        """
        chances = kind_probabilities(self.parts, num_labeled, len(near))
        # distances at a similarity of 0.85, 0.5 and 0.1
        reach = np.stack([
            distance_at(value, area, self.sigmas)
            for value in (0.85, 0.50, 0.10)
        ], axis=1)
        pose = np.zeros((len(self.parts), 2))
        kinds = np.full(len(self.parts), -1)
        for j, mirror in enumerate(self.mirror):
            mine = _points(own[j], own_present[j])
            mirrored = (_points(own[mirror], own_present[mirror])
                        if mirror != j else np.zeros((0, 2)))
            columns = [j] if mirror == j else [j, mirror]
            others = near[:, columns][near_present[:, columns]]
            chance = chances[j].copy()
            while chance.sum() > 0:
                kind = np.random.choice(
                    len(KINDS), p=chance / chance.sum())
                point = _draw(KINDS[kind], mine, mirrored, others, reach[j])
                if point is not None:
                    pose[j], kinds[j] = point, kind
                    break
                chance[kind] = 0
        return pose, kinds


def _points(point: np.ndarray, present: bool) -> np.ndarray:
    """Return a keypoint as an array (1, 2), (0, 2) if it is absent."""
    return point.reshape(1, 2)[:int(present)]


def _draw(kind: str, mine: np.ndarray, mirrored: np.ndarray,
          others: np.ndarray, reach: np.ndarray) -> Optional[np.ndarray]:
    """Draw a point of a kind; None if that is not possible.

    Args:
        kind (str): One of ``KINDS``.
        mine (np.ndarray): (0 or 1, 2) the keypoint.
        mirrored (np.ndarray): (0 or 1, 2) its mirrored keypoint.
        others (np.ndarray): (M, 2) both keypoints of the people nearby.
        reach (np.ndarray): (3,) distances at 0.85, 0.5 and 0.1.

    Returns:
        np.ndarray, optional: (2,).
    """
    near, half, far = reach
    candidates = np.concatenate([mine, mirrored, others])
    centers, low, high = dict(
        good=(mine, 0., near),
        jitter=(mine, near, half),
        inversion=(mirrored, 0., half),
        swap=(others, 0., half),
        miss=(candidates, half, far))[kind]
    accepted = []
    for center in centers:
        number = _DRAWS_OF_KIND.get(kind, NUM_DRAWS)
        if kind == 'miss' and not (center == mine).all(axis=-1).any():
            number //= 4
        angle = np.random.uniform(0, 2 * np.pi, number)
        radius = np.random.uniform(low, high, number)
        draws = center + radius[:, None] * np.stack(
            [np.cos(angle), np.sin(angle)], axis=1)
        rivals, limit = candidates, radius
        if kind == 'swap':
            rivals = np.concatenate([mine, mirrored])
        elif kind == 'miss':
            limit = np.full(number, half)
        distance = np.linalg.norm(draws[:, None] - rivals, axis=-1)
        # the center itself is no rival
        distance[:, (rivals == center).all(axis=-1)] = np.inf
        accepted.append(draws[(distance > limit[:, None]).all(axis=1)])
    points = np.concatenate(accepted) if accepted else np.zeros((0, 2))
    if not len(points):
        return None
    return points[np.random.randint(len(points))]
