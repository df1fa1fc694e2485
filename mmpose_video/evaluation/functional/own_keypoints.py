"""Measures for any keypoint set: PCK, OKS, and AP by a reference length."""
import contextlib
import io
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from mmpose_video.formats.coco_labels import unique_ids
from mmpose_video.formats.pose_table import PoseTable
from mmpose_video.formats.schema import (
    LARGEST_COORDINATE,
    FormatError,
    Record,
    stack_numbers,
)

from .coco_errors import AREA_OF_BOX

#: Two keypoints, or a share of the longer side of the box.
Reference = Union[Tuple[str, str], float]


def pck(distances: np.ndarray, labeled: np.ndarray, thr: float
        ) -> Tuple[float, np.ndarray]:
    """Return the share of keypoints that are within a threshold.

    Args:
        distances (np.ndarray): (N, K) distances in reference lengths.
        labeled (np.ndarray): (N, K) bool.
        thr (float): The threshold.

    Returns:
        tuple[float, np.ndarray]: The mean over the keypoints that are
        labeled somewhere, and (K, ) of each, NaN where it is nowhere.
        Fractions, as of MMPose's ``keypoint_pck_accuracy``.
    """
    right = ((distances < thr) & labeled).sum(0)
    count = labeled.sum(0)
    with np.errstate(invalid='ignore'):
        each = right / count
    valid = each[count > 0]
    return (float(valid.mean()) if len(valid) else float('nan')), each


def reference_table(data: Any, source: str, names: Sequence[str],
                    reference: Reference) -> Tuple[PoseTable, List[Any]]:
    """Read people, each with the length that distances are divided by.

    Args:
        data (Any): Parsed JSON, COCO's layout.
        source (str): Name of the file, for messages.
        names (Sequence[str]): The K keypoints of the dataset, in order.
        reference (tuple[str, str] | float): Two keypoints, whose distance is
            the length, or a share of the longer side of the box. A person
            without both keypoints gets the share that is the median over
            those who have them.

    Returns:
        tuple[PoseTable, list]: The people with a labeled keypoint, and the
        ids of the images in order of frames.

    Raises:
        FormatError: If the content does not follow the layout, or nobody has
            both keypoints.
        ValueError: If a keypoint is not among the names.
    """
    file = Record(data, source)
    images = list(unique_ids(file.records('images')))
    position = {image: i for i, image in enumerate(images)}
    people = [
        person for person in file.records('annotations')
        if person.identity('image_id') in position and person.value(
            'keypoints') and not person.flag('iscrowd')
    ]
    people.sort(key=lambda person: position[person.identity('image_id')])
    points = stack_numbers(people, 'keypoints', 3 * len(names)).reshape(
        -1, len(names), 3)
    for person, table in zip(people, points):
        if not (np.abs(table) <= LARGEST_COORDINATE).all():
            raise person.error('a keypoint is not finite')
    kept: np.ndarray = np.any(points[..., 2] > 0, axis=1)
    people = [person for person, keep in zip(people, kept) if keep]
    joints, labeled = points[kept, :, :2], points[kept, :, 2] > 0
    frame = np.array([position[person.identity('image_id')]
                      for person in people], np.int64)
    size = _lengths(joints, stack_numbers(people, 'bbox', 4), labeled,
                    list(names), reference, source)
    occupied = np.zeros(len(images), dtype=bool)
    occupied[frame] = True
    return PoseTable(
        len(images), frame, joints, labeled, np.zeros(labeled.shape), size,
        occupied), images


def _lengths(points: np.ndarray, boxes: np.ndarray, labeled: np.ndarray,
             names: List[str], reference: Reference,
             source: str) -> np.ndarray:
    """Return the reference length of each person in pixels, (P, )."""
    side = boxes[:, 2:].max(1)
    if isinstance(reference, (int, float)):
        return reference * side
    missing = [name for name in reference if name not in names]
    if missing:
        raise ValueError(f'the reference {missing[0]!r} is not among the '
                         f'keypoints {", ".join(names)}')
    a, b = (names.index(name) for name in reference)
    lengths = np.linalg.norm(points[:, a] - points[:, b], axis=-1)
    there = labeled[:, a] & labeled[:, b] & (lengths > 0) & (side > 0)
    if not there.any():
        raise FormatError(
            f'{source}: nobody has both {reference[0]!r} and '
            f'{reference[1]!r}, whose distance is the reference length; name '
            'two others, or a share of the box such as `reference=0.2`')
    share = float(np.median(lengths[there] / side[there]))
    return np.where(there, lengths, share * side)


def oks_ap(data: Any, people: Dict[Any, List[dict]],
           sigmas: Sequence[float]) -> Dict[str, float]:
    """Return COCO's AP of keypoints, as xtcocotools computes it.

    Args:
        data (dict): Parsed JSON, COCO's layout.
        people (dict): From image id to predictions: ``points`` (K, 2),
            ``present`` (K, ), ``score``.
        sigmas (Sequence[float]): K spreads of the labels.

    Returns:
        dict[str, float]: Percent: 'OKS AP', 'OKS AP .5', 'OKS AP .75' and
        'OKS AR'.
    """
    numbers = {image['id']: i + 1 for i, image in enumerate(data['images'])}
    truth = COCO()
    truth.dataset = dict(
        images=[dict(image, id=numbers[image['id']])
                for image in data['images']],
        categories=[dict(id=1, name='object')],
        annotations=[
            _truth(ann, i, numbers)
            for i, ann in enumerate(data['annotations'], start=1)
            if ann['image_id'] in numbers and ann.get('keypoints')
        ])
    rows = [
        dict(image_id=numbers[image], category_id=1, score=person['score'],
             keypoints=np.column_stack(
                 [person['points'], person['present']]).ravel().tolist())
        for image, found in people.items() for person in found
    ]
    if not rows:
        return dict.fromkeys(('OKS AP', 'OKS AP .5', 'OKS AP .75', 'OKS AR'),
                             0.)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints tables
        truth.createIndex()
        found_set = truth.loadRes(rows)
        evaluation = COCOeval(truth, found_set, 'keypoints',
                              np.asarray(sigmas, dtype=np.float64))
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats = [100 * float(value) for value in evaluation.stats]
    return {'OKS AP': stats[0], 'OKS AP .5': stats[1],
            'OKS AP .75': stats[2], 'OKS AR': stats[5]}


def _truth(ann: Dict[str, Any], number: int,
           images: Dict[Any, int]) -> Dict[str, Any]:
    """Return an annotation as xtcocotools wants it."""
    flat = np.reshape(ann['keypoints'], (-1, 3))
    width, height = np.asarray(ann['bbox'], dtype=np.float64)[2:].tolist()
    return dict(
        id=number,
        image_id=images[ann['image_id']],
        category_id=1,
        keypoints=flat.ravel().tolist(),
        num_keypoints=int((flat[:, 2] > 0).sum()),
        bbox=list(ann['bbox']),
        area=float(ann.get('area') or AREA_OF_BOX * width * height),
        iscrowd=int(ann.get('iscrowd') or 0))


def reference_of(meta: Dict[str, Any], given: Optional[Any]
                 ) -> Optional[Reference]:
    """Return the reference that a metric was given, or that of the dataset.

    Args:
        meta (dict): The dataset's meta information.
        given (tuple[str, str] | float, optional): What the metric was given.

    Raises:
        ValueError: If it is neither two names nor a positive number.
    """
    value = meta.get('reference') if given is None else given
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 < value < float('inf'):
            raise ValueError(f'`reference` must be positive, got {value}')
        return float(value)
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(
            isinstance(name, str) for name in value):
        return value[0], value[1]
    raise ValueError('`reference` must be the names of two keypoints or a '
                     f'share of the box, got {value!r}')
