"""Average precision of poses in HiEve's manner.

"Human in Events: A Large-Scale Benchmark for Human-centric Video Analysis in
Complex Events" (https://arxiv.org/abs/2005.04490), section 4.2: people are
paired as in DeepCut, distances are in head sizes (PCKh), AP@0.5, AP@0.75 and
AP@0.9 are averaged, and invisible keypoints are not evaluated. The paper does
not say what the head size of a person without a head box is; the choices
here are named where they are made. Its frame-weighted variant (w-AP) is not
computed: of the weights only the ingredients are known, see
docs/evaluation.md. The server of the benchmark has the last word.
"""
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from mmpose_video.formats.coco_labels import unique_ids
from mmpose_video.formats.keypoints import (
    HIEVE_JOINTS,
    POSETRACK_GROUPS,
    columns_of,
)
from mmpose_video.formats.pose_table import PoseTable, head_size
from mmpose_video.formats.schema import (
    LARGEST_COORDINATE,
    Record,
    shown,
    stack_numbers,
)

from .pose_ap import pose_average_precision

#: Groups of the result, by analogy with PoseTrack's.
HIEVE_GROUPS: Dict[str, Tuple[str, ...]] = dict(
    POSETRACK_GROUPS, Head=('nose', 'chest'))

#: Thresholds in head sizes (section 4.2).
HIEVE_THRESHOLDS: Tuple[float, ...] = (0.5, 0.75, 0.9)


def reference_length(points: np.ndarray, flags: np.ndarray, person: Record,
                     box_ratio: float) -> float:
    """Return the head size of a person in pixels.

    In this order: 0.6 times the diagonal of ``bbox_head`` if there is one
    (PCKh); the distance from nose to chest if both are annotated, in
    different places; the longer side of the box times ``box_ratio``.

    Args:
        points (np.ndarray): (14, 2) pixels in HiEve's order.
        flags (np.ndarray): (14,) COCO's flags.
        person (Record): The annotation, for ``bbox_head`` and ``bbox``.
        box_ratio (float): Head size in longer sides of the box.

    Returns:
        float: The reference length.

    Raises:
        FormatError: If there is nothing to measure.
    """
    if person.value('bbox_head'):
        x, y, width, height = person.numbers('bbox_head', 4).tolist()
        return head_size([x, y, x + width, y + height], person.where)
    nose, chest = HIEVE_JOINTS.index('nose'), HIEVE_JOINTS.index('chest')
    if flags[nose] > 0 and flags[chest] > 0 and (
            points[nose] != points[chest]).any():
        return float(np.linalg.norm(points[nose] - points[chest]))
    if not person.value('bbox'):
        raise person.error('neither a head box, nor nose and chest, nor a box '
                           'tells the size of the person')
    length = box_ratio * float(person.numbers('bbox', 4)[2:].max())
    if not 0 < length <= LARGEST_COORDINATE:
        raise person.error(f'its box {shown(person.value("bbox"))} tells no '
                           'size')
    return length


def hieve_ground_truth(data: Any, source: str, box_ratio: float,
                       ) -> Tuple[PoseTable, np.ndarray, List[Any]]:
    """Read COCO-style annotations of HiEve.

    Args:
        data (Any): Parsed JSON; keypoints carry COCO's flags, 2 visible,
            1 invisible, 0 not annotated.
        source (str): Name of the file, for messages.
        box_ratio (float): See :func:`reference_length`.

    Returns:
        tuple: The table (visible keypoints are present), (P, 14) bool of
        invisible keypoints, and the image ids in order of frames.

    Raises:
        FormatError: If the content does not follow the layout, or an
            annotation does not have 14 keypoints.
    """
    file = Record(data, source)
    images = list(unique_ids(file.records('images')))
    position = {image: i for i, image in enumerate(images)}
    people = [person for person in file.records('annotations')
              if person.identity('image_id') in position]
    people.sort(key=lambda person: position[person.identity('image_id')])
    num = len(HIEVE_JOINTS)
    points = stack_numbers(people, 'keypoints', 3 * num)
    points = points.reshape(-1, num, 3)[:, _columns(file)]
    sizes = np.zeros(len(people))
    for i, (person, joints) in enumerate(zip(people, points)):
        if not (np.abs(joints) <= LARGEST_COORDINATE).all():
            raise person.error('a keypoint is not finite')
        sizes[i] = reference_length(joints[:, :2], joints[:, 2], person,
                                    box_ratio)
    frame = np.array([position[person.identity('image_id')]
                      for person in people], np.int64)
    occupied = np.zeros(len(images), dtype=bool)
    occupied[frame] = True
    table = PoseTable(
        len(images), frame, points[..., :2], points[..., 2] == 2,
        np.zeros((len(people), num)), sizes, occupied)
    return table, points[..., 2] == 1, images


def _columns(file: Record) -> np.ndarray:
    """Return where the file has each keypoint of HiEve, (14,) int64."""
    categories = file.records('categories', optional=True)
    names = categories[0].items('keypoints', True) if categories else []
    try:
        return columns_of(names or HIEVE_JOINTS, HIEVE_JOINTS)
    except ValueError as error:
        raise file.error(str(error)) from error


def hieve_ap(gt: PoseTable, pred: PoseTable, invisible: np.ndarray,
             thresholds: Sequence[float] = HIEVE_THRESHOLDS,
             ) -> Dict[str, float]:
    """Compute HiEve's AP.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions over the same frames.
        invisible (np.ndarray): (P, 14) bool over ``gt``: keypoints that need
            not be found, while finding them is not wrong.
        thresholds (Sequence[float]): In head sizes.

    Returns:
        dict[str, float]: Percent: 'AP', the mean over the thresholds,
        'AP@<thr>' each, '<group> AP' and '<keypoint> AP' averaged over the
        thresholds. As in PoseTrack a keypoint that is never annotated is NaN
        and left out of the means over keypoints.
    """
    values = np.array([
        pose_average_precision(gt, pred, thr, invisible) for thr in thresholds
    ])
    valid = ~np.isnan(values[0])

    def mean(array: np.ndarray) -> float:
        return float(array.mean()) if array.size else float('nan')

    result = {'AP': mean(values[:, valid])}
    for thr, row in zip(thresholds, values):
        result[f'AP@{thr:g}'] = mean(row[valid])
    joints = dict(zip(HIEVE_JOINTS, values.T))
    for group, members in HIEVE_GROUPS.items():
        result[f'{group} AP'] = mean(
            np.array([joints[name] for name in members]))
    result.update({f'{name} AP': mean(v) for name, v in joints.items()})
    return result
