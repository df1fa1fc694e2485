"""PoseTrack18 and PoseTrack21: one COCO-style JSON file per video."""
import os.path as osp
from collections import Counter
from typing import Dict, List, Optional, Union

import numpy as np

from mmpose_video.formats.coco_labels import (
    check_image,
    check_person,
    unique_ids,
)
from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS, columns_of
from mmpose_video.formats.schema import FormatError, Record, check_numbers

from ..label_version import describe_version, version_of_count
from .geometry import are_coordinates, box_around, is_box
from .layout import find_label_files
from .posetrack17 import CATEGORY, PEOPLE_PER_FRAME
from .report import Report
from .source_images import SourceImages
from .task import Plan, Reader, SplitTask, VideoTask


def plan(src: str, labels: Optional[str] = None,
         name: str = 'posetrack18') -> Plan:
    """Look for what there is to convert.

    Args:
        src (str): Folder with ``images`` and the JSON files of the labels.
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
    """Look for what there is to convert, for PoseTrack21."""
    return plan(src, labels, 'posetrack21')


def _reader(file: str) -> Reader:
    return lambda images, report: read_video(file, images, report)


def read_video(file: str, images: SourceImages,
               report: Report) -> Dict[str, List[dict]]:
    """Read a video, with the sizes of its images.

    Args:
        file (str): Its JSON file. Keys that are not known stay.
        images (SourceImages): The images.
        report (Report): Takes what is left out.

    Returns:
        dict: ``images`` and ``annotations``.

    Raises:
        FormatError: If it is not of this layout.
    """
    data = read_json(file)
    if not isinstance(data, dict) or not isinstance(data.get('images'), list):
        raise FormatError(f"{file} holds no list 'images'; labels of "
                          'PoseTrack17 are converted with posetrack17')
    labels = Record(data, file)
    order = _order(labels)
    listed = unique_ids(labels.records('images'))
    kept = {}
    for key, image in listed.items():
        check_image(image)
        known = (image.integer('width', 0), image.integer('height', 0))
        size = images.size(image.text('file_name'), report,
                           known if all(known) else None)
        if size is not None:
            kept[key] = dict(image.data, width=size[0], height=size[1])
    people = []
    count: Counter = Counter()
    for entry in labels.records('annotations', optional=True):
        image_id = entry.identity('image_id')
        if image_id not in listed:
            report.skip('person in an image that the file does not list',
                        entry.where)
        if image_id not in kept:
            continue
        try:
            person = _person(entry, order, report)
        except FormatError as error:
            report.skip('person that cannot be read', error)
            continue
        if person is not None:
            person['id'] = (entry.identity() if entry.value('id') is not None
                            else _own_id(image_id, count[image_id]))
            count[image_id] += 1
            people.append(person)
    return dict(images=list(kept.values()), annotations=people)


def _own_id(image_id: Union[int, str], number: int) -> Union[int, str]:
    """Return an id for an annotation that has none.

    Args:
        image_id (int | str): Id of its image.
        number (int): Number of the annotations of this image before it.
    """
    if isinstance(image_id, int):
        return image_id * PEOPLE_PER_FRAME + number
    return f'{image_id}-{number}'


def _order(labels: Record) -> Optional[np.ndarray]:
    """Return the file's index of each keypoint, None if the order is usual."""
    categories = labels.records('categories', optional=True)
    names = categories[0].items('keypoints', True) if categories else []
    if not names or tuple(names) == POSETRACK_KEYPOINTS:
        return None
    if len(names) != len(POSETRACK_KEYPOINTS):
        raise categories[0].error(f'it names {len(names)} keypoints, '
                                  'PoseTrack18 and 21 have 17')
    try:
        return columns_of(names, POSETRACK_KEYPOINTS)
    except ValueError as error:
        raise labels.error(str(error)) from error


def _person(entry: Record, order: Optional[np.ndarray],
            report: Report) -> Optional[dict]:
    """Convert one person; return None if nothing tells where it is.

    Raises:
        FormatError: If a field has a wrong type.
    """
    for key in ('bbox', 'keypoints'):
        check_numbers([entry], key)
    check_person(entry)
    person = {key: value for key, value in entry.data.items()
              if value is not None}
    person.setdefault('category_id', 1)
    person.setdefault('iscrowd', 0)
    num = len(POSETRACK_KEYPOINTS)
    points = np.zeros((num, 3))
    if entry.value('keypoints'):
        points = entry.numbers('keypoints', 3 * num).reshape(-1, 3)
    if not are_coordinates(points):
        report.skip('person with a keypoint that is not finite', entry.where)
        return None
    if order is not None:
        points = points[order]
    if order is not None or not entry.value('keypoints'):
        person['keypoints'] = points.ravel().tolist()
    labeled = np.any(points != 0, axis=1)
    person['num_keypoints'] = int(labeled.sum())
    box = entry.value('bbox')
    if not is_box(entry.numbers('bbox') if box is not None else None):
        around = box_around(points[:, :2], labeled)
        if around is None:
            report.skip('person without a box and keypoints', entry.where)
            return None
        person['bbox'] = around
    return person
