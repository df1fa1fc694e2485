"""The paths of joints over time."""
from typing import Dict, List, Sequence, Tuple

import numpy as np

from mmpose_video.formats.results import PoseResults

#: Quantities of a joint that a curve can show.
QUANTITIES = ('x', 'y', 'speed', 'score')
#: Joints that are shown first, where the skeleton has them.
FIRST_JOINTS = ('left_wrist', 'right_wrist', 'left_ankle', 'right_ankle')


def people_of(results: PoseResults) -> List[int]:
    """Return the ids of the tracks, the longest one first.

    Args:
        results (PoseResults): People without an id count as track 0.
    """
    length: Dict[int, int] = {}
    for frame in results.frames:
        for person in frame.people:
            track = person.track_id or 0
            length[track] = length.get(track, 0) + 1
    return sorted(length, key=lambda track: (-length[track], track))


def first_joints(names: Sequence[str]) -> List[str]:
    """Return the joints to show first.

    Args:
        names (Sequence[str]): All joints.
    """
    known = [name for name in FIRST_JOINTS if name in names]
    return known or list(names[:4])


def joint_curves(results: PoseResults, track: int, joints: Sequence[str],
                 quantity: str) -> Tuple[np.ndarray, Dict[str, np.ndarray]]:
    """Return the curves of joints.

    Args:
        results (PoseResults): The results.
        track (int): Id of the person.
        joints (Sequence[str]): Names of the joints; unknown ones are left
            out.
        quantity (str): One of :data:`QUANTITIES`: x or y in pixels, speed in
            pixels per second (per frame where no times are known), or score.

    Returns:
        tuple: (F, ) times in seconds (numbers of frames where no times are
        known), and for each joint (F, ) values, NaN where it is missing. F
        is the number of frames that the person is in.

    Raises:
        ValueError: If there is no such quantity.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f'there is no quantity {quantity!r}; there are '
                         f'{", ".join(QUANTITIES)}')
    times, points, scores = _track(results, track)
    places = {name: i for i, name in enumerate(results.info.keypoints)}
    return times, {
        name: _values(times, points[:, places[name]], scores[:, places[name]],
                      quantity)
        for name in joints if name in places
    }


def _track(
    results: PoseResults, track: int
) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times (F, ), points (F, K, 2) and scores (F, K) of a person."""
    times, points, scores = [], [], []
    for frame, time in zip(results.frames, results.times()):
        for person in frame.people:
            if (person.track_id or 0) == track:
                times.append(frame.number if time is None else time)
                points.append(person.keypoints)
                scores.append(person.scores)
                break
    count = len(results.info.keypoints)
    return (np.array(times, dtype=np.float64),
            np.array(points, dtype=np.float64).reshape(-1, count, 2),
            np.array(scores, dtype=np.float64).reshape(-1, count))


def _values(times: np.ndarray, points: np.ndarray, scores: np.ndarray,
            quantity: str) -> np.ndarray:
    """Return the values of a joint, (F, )."""
    if quantity == 'score':
        return scores
    if quantity in ('x', 'y'):
        return points[:, 'xy'.index(quantity)]
    speed = np.full(len(times), np.nan)
    if len(times) > 1:
        path = np.linalg.norm(np.diff(points, axis=0), axis=-1)
        speed[1:] = path / np.maximum(np.diff(times), 1e-9)
    return speed
