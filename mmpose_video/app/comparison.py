"""Compare two results of one video."""
from dataclasses import dataclass
from typing import Dict, List, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from mmpose_video.formats.results import (
    FrameResult,
    PersonResult,
    PoseResults,
)

from .errors import AppError

#: The difference of a person that only one of the results has, and of pairs
#: that are further apart: one size of the person.
ALONE = 1.


@dataclass(frozen=True)
class Comparison:
    """Distance of two results in each frame.

    Attributes:
        joints (list[str]): The J joints that both of them have.
        frames (np.ndarray): (F, ) numbers of the frames that both have.
        difference (np.ndarray): (F, ) mean difference of a frame's people, in
            sizes of a person (square root of the box's area), from 0 to 1.
        by_joint (np.ndarray): (F, J) distance of each joint in pixels, mean
            over the pairs; NaN without pairs.
        alone (np.ndarray): (F, ) number of people that only one has.
    """

    joints: List[str]
    frames: np.ndarray
    difference: np.ndarray
    by_joint: np.ndarray
    alone: np.ndarray

    def worst(self, count: int, apart: int = 5) -> List[int]:
        """Return the frames that differ most, the worst one first.

        Args:
            count (int): How many at most.
            apart (int): Least distance of two of them in frames: neighbors
                differ alike. Defaults to 5.
        """
        chosen: List[int] = []
        for place in np.argsort(-self.difference, kind='stable'):
            number = int(self.frames[place])
            if self.difference[place] <= 0 or len(chosen) == count:
                break
            if all(abs(number - other) >= apart for other in chosen):
                chosen.append(number)
        return chosen

    def at(self, frame: int) -> int:
        """Return the place of a frame, the nearest one if it is not there.

        Args:
            frame (int): Number of the frame.
        """
        return int(np.abs(self.frames - frame).argmin())


def compare_results(first: PoseResults, second: PoseResults) -> Comparison:
    """Compare two results of one video.

    People are paired by their joints, whatever their ids are: the Hungarian
    algorithm makes the mean distance of the joints smallest.

    Args:
        first (PoseResults): A result.
        second (PoseResults): The other one.

    Raises:
        AppError: If they have no joint or no frame in common.
    """
    joints = [name for name in first.info.keypoints
              if name in second.info.keypoints]
    if not joints:
        raise AppError('the two results have no joint in common: '
                       f'{", ".join(first.info.keypoints[:3])}, ... and '
                       f'{", ".join(second.info.keypoints[:3])}, ...')
    frames = {frame.number: frame for frame in first.frames}
    others = {frame.number: frame for frame in second.frames}
    numbers = sorted(frames.keys() & others.keys())
    if not numbers:
        raise AppError(
            'the two results have no frame in common: one has frames '
            f'{_range(frames)}, the other one {_range(others)}')
    columns = [[result.info.keypoints.index(name) for name in joints]
               for result in (first, second)]
    compared = Comparison(joints, np.array(numbers), np.zeros(len(numbers)),
                          np.full((len(numbers), len(joints)), np.nan),
                          np.zeros(len(numbers), dtype=np.int64))
    for place, number in enumerate(numbers):
        _compare(compared, place, frames[number], others[number], columns)
    return compared


def _compare(compared: Comparison, place: int, first: FrameResult,
             second: FrameResult, columns: Sequence[List[int]]) -> None:
    """Fill in a frame."""
    people = [[(person.keypoints[chosen], _size(person))
               for person in frame.people]
              for frame, chosen in zip((first, second), columns)]
    count = max(map(len, people))
    if not count:
        return
    costs = np.full((count, count), ALONE)
    apart: Dict[tuple, np.ndarray] = {}
    for i, (points, size) in enumerate(people[0]):
        for j, (other, other_size) in enumerate(people[1]):
            distances = np.linalg.norm(points - other, axis=-1)
            if np.isfinite(distances).any():
                scale = max((size + other_size) / 2, 1.)
                costs[i, j] = min(np.nanmean(distances) / scale, ALONE)
                apart[i, j] = distances
    rows, cols = linear_sum_assignment(costs)
    compared.difference[place] = costs[rows, cols].mean()
    pairs = [apart[pair] for pair in zip(rows, cols)
             if pair in apart and costs[pair] < ALONE]
    compared.alone[place] = sum(map(len, people)) - 2 * len(pairs)
    if pairs:
        stacked = np.array(pairs)
        known = np.isfinite(stacked)
        total = np.where(known, stacked, 0.).sum(0)
        with np.errstate(invalid='ignore'):
            compared.by_joint[place] = total / known.sum(0)


def _size(person: PersonResult) -> float:
    """Return the size of a person in pixels."""
    box = person.box()
    if box is None:
        return 0.
    return float(np.sqrt(max(box[2] - box[0], 0) * max(box[3] - box[1], 0)))


def _range(frames: Dict[int, FrameResult]) -> str:
    """Write the range of the numbers of frames."""
    return f'{min(frames)} to {max(frames)}' if frames else 'none'
