"""Classes of errors on COCO-style annotations, in COCO's similarity."""
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from mmpose_video.formats.coco_labels import unique_ids
from mmpose_video.formats.pose_table import PoseTable
from mmpose_video.formats.schema import LARGEST_COORDINATE, Record

from .error_classes import (
    ErrorRule,
    classify_joints,
    count_errors,
    pair_by_similarity,
)

#: Share of its box that a person covers where no area is annotated, as in
#: CrowdPose's evaluation.
AREA_OF_BOX = 0.53


def coco_rule(sigmas: Sequence[float], mirror: Sequence[int]) -> ErrorRule:
    """Return COCO's rule; distances are in square roots of areas.

    Args:
        sigmas (Sequence[float]): J widths of the dataset.
        mirror (Sequence[int]): J indices (``flip_indices``).

    Returns:
        ErrorRule: With similarity ``exp(-d**2 / (2 * (2 * sigma)**2))``.
    """
    return ErrorRule(1 / (8 * np.asarray(sigmas, dtype=np.float64)**2),
                     np.asarray(mirror, dtype=np.int64), True)


def coco_ground_truth(data: Any, num_joints: int,
                      source: str) -> Tuple[PoseTable, List[Any]]:
    """Read people with keypoints from COCO-style annotations.

    Crowds and people without a labeled keypoint are left out, as COCO
    ignores them.

    Args:
        data (Any): Parsed JSON.
        num_joints (int): Number of keypoints of the dataset.
        source (str): Name of the file, for messages.

    Returns:
        tuple: The table, whose ``size`` is the root of a person's area
        (:data:`AREA_OF_BOX` of the box where none is annotated), and the
        image ids in order of frames.

    Raises:
        FormatError: If the content does not follow the layout, or an
            annotation has another number of keypoints, or neither an area
            nor a box.
    """
    file = Record(data, source)
    images = list(unique_ids(file.records('images')))
    position = {image: i for i, image in enumerate(images)}
    people = []
    for ann in file.records('annotations'):
        image_id = ann.identity('image_id')
        if (not ann.value('keypoints') or ann.flag('iscrowd')
                or image_id not in position):
            continue
        points = ann.numbers('keypoints', 3 * num_joints).reshape(-1, 3)
        if not (np.abs(points) <= LARGEST_COORDINATE).all():
            raise ann.error('a keypoint is not finite')
        if not (points[:, 2] > 0).any():
            continue
        people.append((position[image_id], points, _area(ann)**0.5))
    people.sort(key=lambda person: person[0])
    frame = np.array([person[0] for person in people], dtype=np.int64)
    joints = np.array([person[1] for person in people]).reshape(
        len(people), num_joints, 3)
    occupied = np.zeros(len(images), dtype=bool)
    occupied[frame] = True
    table = PoseTable(
        len(images), frame, joints[..., :2], joints[..., 2] > 0,
        np.zeros(joints.shape[:2]),
        np.array([person[2] for person in people], dtype=np.float64), occupied)
    return table, images


def _area(ann: Record) -> float:
    """Return the area of a person in square pixels.

    Raises:
        FormatError: If neither an area nor a box tells it.
    """
    area = ann.number('area', 0.)
    if not area:
        if not ann.value('bbox'):
            raise ann.error('it has neither an area nor a box')
        width, height = ann.numbers('bbox', 4)[2:].tolist()
        area = AREA_OF_BOX * width * height
    if not 0 <= area <= LARGEST_COORDINATE**2:
        raise ann.error(f'its area is {area:g} square pixels')
    return area


def coco_error_kinds(gt: PoseTable, pred: PoseTable,
                     person_scores: np.ndarray, rule: ErrorRule,
                     names: Sequence[str]) -> Dict[str, Any]:
    """Count the classes of errors in units of COCO's similarity.

    Args:
        gt (PoseTable): Ground truth; ``size`` holds the roots of areas.
        pred (PoseTable): Predictions over the same frames.
        person_scores (np.ndarray): (P,) scores of the predictions.
        rule (ErrorRule): Of :func:`coco_rule`.
        names (Sequence[str]): J names.

    Returns:
        dict: See :func:`.error_classes.count_errors`.
    """
    given = pair_by_similarity(gt, pred, person_scores, rule)
    labels = classify_joints(gt, pred, given, rule)
    return count_errors(gt, pred, given, labels, names)
