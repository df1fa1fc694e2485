"""Average precision of poses in HiEve's manner.

"Human in Events: A Large-Scale Benchmark for Human-centric Video Analysis in
Complex Events" (https://arxiv.org/abs/2005.04490), section 4.2: people are
paired as in DeepCut, distances are in head sizes (PCKh), AP@0.5, AP@0.75 and
AP@0.9 are averaged, and invisible joints are not evaluated. The paper does
not say what the head size of a person without a head box is; the choices
here are named where they are made. Its frame-weighted variant (w-AP) is not
computed: of the weights only the ingredients are known, see
docs/evaluation.md. The server of the benchmark has the last word.
"""
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from mmpose_video.formats.keypoints import HIEVE_JOINTS, columns_of
from mmpose_video.formats.pose_table import PoseTable, head_size

from .pose_ap import pose_average_precision

#: Groups of the result, by analogy with PoseTrack's.
HIEVE_GROUPS: Dict[str, Tuple[str, ...]] = {
    'Head': ('nose', 'chest'),
    'Shoulder': ('right_shoulder', 'left_shoulder'),
    'Elbow': ('right_elbow', 'left_elbow'),
    'Wrist': ('right_wrist', 'left_wrist'),
    'Hip': ('right_hip', 'left_hip'),
    'Knee': ('right_knee', 'left_knee'),
    'Ankle': ('right_ankle', 'left_ankle'),
}

#: Thresholds in head sizes (section 4.2).
HIEVE_THRESHOLDS: Tuple[float, ...] = (0.5, 0.75, 0.9)


def reference_length(points: np.ndarray, flags: np.ndarray, ann: dict,
                     box_ratio: float, where: str) -> float:
    """Head size of a person in pixels.

    In this order: 0.6 times the diagonal of ``bbox_head`` if there is one
    (PCKh); the distance from nose to chest if both are annotated; the
    longer side of the box times ``box_ratio``.

    Args:
        points (np.ndarray): (14, 2) pixels in HiEve's order.
        flags (np.ndarray): (14,) COCO's flags.
        ann (dict): The annotation, for ``bbox_head`` and ``bbox``.
        box_ratio (float): Head size in longer sides of the box.
        where (str): The annotation's name, for messages.

    Returns:
        float: The reference length.

    Raises:
        ValueError: If there is nothing to measure.
    """
    head = ann.get('bbox_head')
    if head is not None and len(head) == 4:
        x, y, width, height = head
        return head_size([x, y, x + width, y + height], where)
    nose, chest = HIEVE_JOINTS.index('nose'), HIEVE_JOINTS.index('chest')
    if flags[nose] > 0 and flags[chest] > 0:
        return float(np.linalg.norm(points[nose] - points[chest]))
    box = ann.get('bbox')
    if box is None or len(box) != 4:
        raise ValueError(f'{where}: neither a head box, nor nose and chest, '
                         'nor a box tells the size of the person')
    return box_ratio * float(max(box[2:]))


def hieve_ground_truth(data: dict, source: str, box_ratio: float,
                       ) -> Tuple[PoseTable, np.ndarray, List[Any]]:
    """Read COCO-style annotations of HiEve.

    Args:
        data (dict): Parsed json; key points carry COCO's flags, 2 visible,
            1 invisible, 0 not annotated.
        source (str): Name of the file, for messages.
        box_ratio (float): See :func:`reference_length`.

    Returns:
        tuple: The table (visible joints are present), (P, 14) bool of
        invisible joints, and the image ids in order of frames.

    Raises:
        ValueError: If an annotation does not have 14 key points.
    """
    for key in ('images', 'annotations'):
        if not isinstance(data.get(key), list):
            raise ValueError(f'{source}: there is no list {key!r}')
    images = [image['id'] for image in data['images']]
    position = {image: i for i, image in enumerate(images)}
    rows = sorted((ann for ann in data['annotations']
                   if ann['image_id'] in position),
                  key=lambda ann: position[ann['image_id']])
    num = len(HIEVE_JOINTS)
    names = list(HIEVE_JOINTS)
    if data.get('categories'):
        names = data['categories'][0].get('keypoints', names)
    columns = columns_of(names, HIEVE_JOINTS)
    points, sizes = np.zeros((len(rows), num, 3)), np.zeros(len(rows))
    for i, ann in enumerate(rows):
        where = f"{source}, annotation {ann.get('id', i)}"
        values = ann.get('keypoints') or []
        if len(values) != 3 * num:
            raise ValueError(f'{where} has {len(values) / 3:g} key points, '
                             f'HiEve has {num}')
        points[i] = np.reshape(values, (num, 3))[columns]
        if not np.isfinite(points[i]).all():
            raise ValueError(f'{where}: a key point is not finite')
        sizes[i] = reference_length(points[i, :, :2], points[i, :, 2], ann,
                                    box_ratio, where)
    frame = np.array([position[ann['image_id']] for ann in rows], np.int64)
    occupied = np.zeros(len(images), dtype=bool)
    occupied[frame] = True
    table = PoseTable(
        len(images), frame, points[..., :2], points[..., 2] == 2,
        np.zeros((len(rows), num)), sizes, occupied)
    return table, points[..., 2] == 1, images


def hieve_ap(gt: PoseTable, pred: PoseTable, invisible: np.ndarray,
             thresholds: Sequence[float] = HIEVE_THRESHOLDS,
             ) -> Dict[str, float]:
    """HiEve's AP.

    Args:
        gt (PoseTable): Ground truth.
        pred (PoseTable): Predictions over the same frames.
        invisible (np.ndarray): (P, 14) bool over ``gt``: joints that need
            not be found, while finding them is not wrong.
        thresholds (Sequence[float]): In head sizes.

    Returns:
        dict[str, float]: Percent: 'AP', the mean over the thresholds,
        'AP@<thr>' each, '<group> AP' and '<joint> AP' averaged over the
        thresholds. As in PoseTrack a joint that is never annotated is NaN
        and left out of the means over joints.
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
