"""PoseTrack18 and PoseTrack21: one COCO-style json file per video."""
import os.path as osp
from typing import Any, Dict, List, Optional

import numpy as np

from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS, columns_of

from ..label_version import describe_version, version_of_count
from .geometry import box_around, is_box
from .layout import find_label_files
from .posetrack17 import CATEGORY
from .report import Report
from .source_images import SourceImages
from .task import Plan, Reader, SplitTask, VideoTask


def plan(src: str, labels: Optional[str] = None,
         name: str = 'posetrack18') -> Plan:
    """What there is to convert.

    Args:
        src (str): Folder with ``images`` and the labels' json files.
        labels (str, optional): Folder with ``train`` and ``val``.
        name (str): 'posetrack18' or 'posetrack21'.

    Returns:
        Plan: Files ``<name>_<split>.json``.
    """
    found = find_label_files(src, labels)
    notes, info = [], {}
    if name == 'posetrack18':
        version = version_of_count(len(found.get('val', ())))
        notes.append(f'PoseTrack18: {describe_version(version)}')
        info['label_version'] = version
    splits = []
    for split, files in found.items():
        videos = [
            VideoTask(osp.splitext(osp.basename(file))[0], [file],
                      _reader(file)) for file in files
        ]
        splits.append(
            SplitTask(f'{name}_{split}.json', videos, CATEGORY,
                      dict(info, description=f'{name} {split}')))
    return Plan(splits, src, ['images'], notes)


def plan21(src: str, labels: Optional[str] = None) -> Plan:
    """As :func:`plan`, for PoseTrack21."""
    return plan(src, labels, 'posetrack21')


def _reader(file: str) -> Reader:
    return lambda images, report: read_video(file, images, report)


def read_video(file: str, images: SourceImages,
               report: Report) -> Dict[str, List[dict]]:
    """One video, with sizes, and without what cannot serve.

    Args:
        file (str): Its json file. Keys that are not known stay.
        images (SourceImages): The images.
        report (Report): Takes what is left out.

    Returns:
        dict: ``images`` and ``annotations``.

    Raises:
        ValueError: If it is not of this layout.
    """
    data = read_json(file)
    if not isinstance(data, dict) or not isinstance(data.get('images'), list):
        raise ValueError(f"{file} holds no list 'images'; labels of "
                         'PoseTrack17 are converted with posetrack17')
    order = _order(data, file)
    kept: Dict[Any, dict] = {}
    for entry in data['images']:
        width, height = entry.get('width'), entry.get('height')
        size = images.size(entry['file_name'], report,
                           (width, height) if width and height else None)
        if size is not None:
            kept[entry['id']] = dict(entry, width=size[0], height=size[1])
    people = []
    for i, entry in enumerate(data.get('annotations') or []):
        if entry.get('image_id') in kept:
            person = _person(entry, order, f'{file}, annotation '
                             f"{entry.get('id', i)}", report)
            if person is not None:
                person.setdefault('id', entry['image_id'] * 100 + i)
                people.append(person)
    return dict(images=list(kept.values()), annotations=people)


def _order(data: dict, file: str) -> Optional[np.ndarray]:
    """Where the file has the 17 key points; None for the usual order."""
    categories = data.get('categories') or [{}]
    names = categories[0].get('keypoints')
    if not names or tuple(names) == POSETRACK_KEYPOINTS:
        return None
    try:
        return columns_of(names, POSETRACK_KEYPOINTS)
    except ValueError as error:
        raise ValueError(f'{file}: {error}') from error


def _person(entry: dict, order: Optional[np.ndarray], where: str,
            report: Report) -> Optional[dict]:
    """One person; None if it cannot serve even the evaluation."""
    person = dict(entry)
    person.setdefault('category_id', 1)
    person.setdefault('iscrowd', 0)
    values = entry.get('keypoints') or [0.] * (3 * len(POSETRACK_KEYPOINTS))
    if len(values) != 3 * len(POSETRACK_KEYPOINTS):
        raise ValueError(f'{where} has {len(values) / 3:g} key points')
    points = np.array(values, dtype=np.float64).reshape(-1, 3)
    if not np.isfinite(points).all():
        report.skip('person with a key point that is not finite', where)
        return None
    if order is not None:
        points = points[order]
        person['keypoints'] = points.ravel().tolist()
    person.setdefault('keypoints', values)
    labelled = np.any(points != 0, axis=1)
    person['num_keypoints'] = int(labelled.sum())
    if not is_box(entry.get('bbox')):
        box = box_around(points[:, :2], labelled)
        if box is None:
            report.skip('person without a box and key points', where)
            return None
        person['bbox'] = box
    return person
