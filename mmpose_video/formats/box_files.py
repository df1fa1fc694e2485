"""Read files of person boxes.

Four layouts are read, by configs (``bbox_file``) and by the inferencer
(``--boxes``) alike:

* MMPose's detections: a list of boxes that name their image by ``image_id``;
* DCPose's detections: a list of boxes that name it by ``image_name``;
* PoseTrack's annotations or predictions: ``images`` and ``annotations``;
* predictions of MMPose's inferencers: a list of frames with ``instances``.
"""
import os.path as osp
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Union

import numpy as np

from .frame_index import frame_number
from .json_file import read_json
from .schema import FormatError, Record, shown

PERSON = 1
#: Larger coordinates (pixels) are not those of a box.
_LARGEST = 1e7


@dataclass(frozen=True)
class FileBox:
    """A person's box.

    Attributes:
        where (str): Its place in the file, for messages.
        bbox (np.ndarray): Corners x1, y1, x2, y2 in pixels, (4, ) float32;
            NaN if the file has no four numbers of a sensible size.
        score (float): Its score.
        image_id (int | str, optional): Id of the image.
        image_name (str, optional): Name of the image, with its folders.
        frame (int, optional): Number of the frame.
        track_id (int, optional): Number of the track.
    """

    where: str
    bbox: np.ndarray
    score: float
    image_id: Union[int, str, None] = None
    image_name: Optional[str] = None
    frame: Optional[int] = None
    track_id: Optional[int] = None


@dataclass
class BoxFile:
    """The people of a box file.

    Attributes:
        path (str): The file.
        layout (str): ``'MMPose'``, ``'DCPose'``, ``'PoseTrack'`` or
            ``'predictions'``.
        boxes (list[FileBox]): The boxes, in the order of the file.
        other_categories (Counter): Number of boxes that were left out, by
            category.
    """

    path: str
    layout: str
    boxes: List[FileBox] = field(default_factory=list)
    other_categories: Counter = field(default_factory=Counter)

    def summary(self) -> str:
        """Return what was read and what was left out, for the log."""
        text = (f"`{self.path}` ({self.layout}'s layout): {len(self.boxes)} "
                'boxes of people')
        if self.other_categories:
            count = sum(self.other_categories.values())
            text += (f'; left out {count} of the categories '
                     f'{sorted(self.other_categories, key=str)}')
        return text


def box_layout(content: Any, source: str) -> str:
    """Return the layout of a parsed box file.

    Args:
        content (Any): Parsed JSON.
        source (str): Name of the file, for messages.

    Returns:
        str: See :attr:`BoxFile.layout`. Boxes with ``image_id`` and
        ``image_name`` count as DCPose's: a name means the same in all
        releases of a dataset, an id does not.

    Raises:
        FormatError: If it is none of the layouts, or a mixture.
    """
    if isinstance(content, dict) and {'images', 'annotations'} <= set(content):
        return 'PoseTrack'
    if not isinstance(content, list) or not all(
            isinstance(box, dict) for box in content):
        raise FormatError(
            f'{source} is not a box file: it must be a list of boxes '
            "('bbox', 'score' and 'image_id' or 'image_name'), a list of "
            "frames ('frame_id' and 'instances'), or an object with 'images' "
            "and 'annotations'")
    for key, layout in (('instances', 'predictions'),
                        ('image_name', 'DCPose'), ('image_id', 'MMPose')):
        with_key = sum(key in box for box in content)
        if with_key == len(content) and content:
            return layout
        if with_key and not any('image_id' in box or 'image_name' in box
                                for box in content):
            break
    for i, box in enumerate(content):
        if not {'image_id', 'image_name'} & set(box):
            raise FormatError(f"{source}, box {i}: it has neither 'image_id' "
                              f"nor 'image_name', but {shown(sorted(box))}")
    if content:
        raise FormatError(f"some boxes of {source} name their image by "
                          "'image_id', others by 'image_name'; use one of "
                          'them')
    return 'MMPose'


def read_box_file(path: str, person: int = PERSON,
                  backend_args: Optional[dict] = None) -> BoxFile:
    """Read the people of a box file.

    Args:
        path (str): The file. Boxes are ``[x, y, width, height]`` in pixels,
            and corners in predictions of an inferencer.
        person (int): Category of people. Defaults to 1.
        backend_args (dict, optional): MMEngine's file backend.

    Returns:
        BoxFile: The people.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is not JSON, follows none of the layouts, lacks a
            field, or holds boxes but none of a person.
    """
    content = read_json(path, backend_args)
    layout = box_layout(content, path)
    file = BoxFile(path, layout)
    if layout == 'PoseTrack':
        _read_posetrack(Record(content, path), file)
    elif layout == 'predictions':
        _read_predictions(content, file)
    else:
        _read_detections(content, file, person)
    if not file.boxes and file.other_categories:
        raise FormatError(
            f'{path}: no box is of category {person}, the people; the '
            f'categories are {sorted(file.other_categories, key=str)}')
    return file


def _read_detections(content: list, file: BoxFile, person: int) -> None:
    """Read MMPose's and DCPose's layout."""
    for i, data in enumerate(content):
        box = Record(data, f'{file.path}, box {i}')
        category = data.get('category_id', person)
        if category not in (person, str(person), 'person'):
            file.other_categories[shown(category)] += 1
            continue
        if file.layout == 'DCPose':
            name = box.text('image_name')
            key: Dict[str, Any] = dict(
                image_name=name, frame=frame_number(name))
        else:
            image_id = box.identity('image_id')
            key = dict(
                image_id=image_id,
                frame=(image_id if isinstance(image_id, int) else
                       frame_number(image_id)))
        file.boxes.append(
            FileBox(box.where, _corners(box), box.number('score'), **key))


def _read_posetrack(content: Record, file: BoxFile) -> None:
    """Read PoseTrack's layout; people without a box are left out."""
    images = {}
    for image in content.records('images'):
        name = image.text('file_name')
        number = frame_number(name)
        if number is None:
            number = image.integer('frame_id')
        images[image.identity()] = (name, number)
    for ann in content.records('annotations'):
        if not ann.value('bbox'):
            continue
        image_id = ann.identity('image_id')
        if image_id not in images:
            raise ann.error(f"'images' does not list image {image_id!r}")
        name, number = images[image_id]
        file.boxes.append(
            FileBox(
                ann.where, _corners(ann), ann.number('bbox_score', 1.),
                image_id, name, number, ann.integer('track_id', None)))


def _read_predictions(content: list, file: BoxFile) -> None:
    """Read what an inferencer wrote for a video."""
    video = osp.splitext(osp.basename(file.path))[0]
    for i, data in enumerate(content):
        frame = Record(data, f'{file.path}, frame {i}')
        number = frame.integer('frame_id')
        name = frame.text('img_name', '')
        for person in frame.records('instances'):
            # inferencers put a box into a list of one
            box = person.value('bbox')
            if isinstance(box, list) and len(box) == 1:
                box = box[0]
            bbox = Record(dict(bbox=box), person.where).numbers('bbox', 4)
            file.boxes.append(
                FileBox(
                    person.where, _sensible(bbox),
                    person.number('bbox_score', 1.),
                    image_name=f'{video}/{name}' if name else None,
                    frame=number,
                    track_id=person.integer('track_id', None)))


def _corners(box: Record) -> np.ndarray:
    """Return corners of ``[x, y, w, h, ...]``; NaN if it is not a box."""
    try:
        numbers = box.numbers('bbox')
    except FormatError:
        numbers = np.zeros(0)
    if len(numbers) < 4:
        return np.full(4, np.nan, dtype=np.float32)
    x, y, width, height = numbers[:4].tolist()
    return _sensible(np.array([x, y, x + width, y + height]))


def _sensible(corners: np.ndarray) -> np.ndarray:
    """Return corners as float32, NaN if they are not those of a box."""
    if not (np.abs(corners) <= _LARGEST).all():
        return np.full(4, np.nan, dtype=np.float32)
    return corners.astype(np.float32)
