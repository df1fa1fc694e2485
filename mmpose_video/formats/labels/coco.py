"""Labels in COCO's layout, as CVAT and Label Studio export them."""
import os.path as osp
import re
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ..coco_labels import read_coco_labels
from ..frame_index import frame_number
from ..json_file import read_json
from ..schema import LARGEST_COORDINATE, FormatError, Record
from ..skeleton import Skeleton
from .image_groups import group_images
from .label_set import SPLITS, LabeledFrame, LabeledPerson, LabelSet

#: A split as a word of its own: 'latest' and 'interval' tell none.
_SPLIT_WORD = re.compile(
    rf'(?<![a-z])({"|".join(SPLITS)})(?:ing|id|idation)?(?![a-z])')


def read_coco(path: str, skeleton: Optional[Skeleton] = None) -> LabelSet:
    """Read a COCO-style file.

    The keypoints are those of the category that has some. CVAT's tracks are
    in ``attributes.track_id``, those of others in ``track_id``. A file whose
    name has the word train, val or test, also with a year behind it, or
    training and the like, tells the split.

    Args:
        path (str): The file.
        skeleton (Skeleton, optional): Names the keypoints where the file does
            not. Defaults to None.

    Raises:
        FormatError: If it breaks the layout or names no keypoints.
        OSError: If it cannot be read.
    """
    try:
        labels = read_coco_labels(path)
    except FormatError:
        if isinstance(read_json(path), list):
            raise FormatError(
                f'{path} is a list, as results of COCO are; labels are an '
                'object with `images` and `annotations`') from None
        raise
    file = Record(labels.content, path)
    found, ids = _skeleton(file, skeleton)
    stem = osp.splitext(osp.basename(path))[0]
    split = _split(stem)
    result = LabelSet(found, [])
    if labels.strangers:
        result.left_out += [('annotation of an image that the file does not '
                             'list', path)] * labels.strangers
    frames: List[Tuple[str, LabeledFrame]] = []
    for image, annotations in labels.pairs:
        where = f'{path}, image {image["id"]}'
        people = []
        for data in annotations:
            entry = Record(data, f'{path}, annotation {data["id"]}')
            if ids and entry.integer('category_id', 1) not in ids:
                result.left_out.append(
                    ('annotation of a category without keypoints',
                     entry.where))
            elif not entry.value('keypoints'):
                result.left_out.append(
                    ('annotation without keypoints', entry.where))
            else:
                people.append(_person(entry, len(found.keypoints)))
        if not annotations:
            result.left_out.append(('image without a label', where))
        if people:
            name = image['file_name']
            size = (int(image.get('width') or 0),
                    int(image.get('height') or 0))
            number = frame_number(name)
            frames.append((name, LabeledFrame(
                0 if number is None else number, people, name,
                size if all(size) else None, split)))
    result.videos = group_images(frames, path, stem)
    return result


def _split(stem: str) -> str:
    """Return the split that the name of a file tells, '' for none."""
    found = set(_SPLIT_WORD.findall(stem.lower()))
    return found.pop() if len(found) == 1 else ''


def _skeleton(file: Record, given: Optional[Skeleton]
              ) -> Tuple[Skeleton, List[int]]:
    """Return the keypoints, and the ids of the categories that have them."""
    categories = [
        category for category in file.records('categories', optional=True)
        if category.items('keypoints', optional=True)
    ]
    ids = [category.integer('id') for category in categories]
    if not categories:
        if given is None:
            raise file.error('no category names keypoints; export keypoints, '
                             'or give the names (--skeleton FILE)')
        return given, []
    names = [tuple(map(str, category.items('keypoints')))
             for category in categories]
    if len(set(names)) > 1:
        raise file.error(
            'its categories have different keypoints: '
            f'{categories[0].value("name")} has {len(names[0])} and '
            f'{categories[1].value("name")} {len(names[1])}; export one of '
            'them alone')
    if len(set(names[0])) < len(names[0]):
        raise categories[0].error("'keypoints' names one twice")
    links = []
    for link in categories[0].items('skeleton', optional=True):
        pair = _link(link, names[0])
        if pair is None:
            raise categories[0].error(f"'skeleton' holds {link!r}, which is "
                                      'no pair of keypoints counted from 1')
        links.append(pair)
    name = str(categories[0].value('name') or 'object')
    return Skeleton.of(name, names[0], links=tuple(links)), ids


def _link(link: Any, names: Tuple[str, ...]) -> Optional[Tuple[str, str]]:
    """Return the names of a pair that is counted from one."""
    if not (isinstance(link, list) and len(link) == 2 and all(
            isinstance(i, int) and 1 <= i <= len(names) for i in link)):
        return None
    return names[link[0] - 1], names[link[1] - 1]


def _person(entry: Record, count: int) -> LabeledPerson:
    """Check and return a person."""
    values = entry.numbers('keypoints')
    if len(values) != 3 * count:
        raise entry.error(f"'keypoints' has {len(values)} numbers in place of "
                          f'3 for each of {count} keypoints')
    table = values.reshape(-1, 3)
    known = (table[:, 2] > 0) & (
        np.abs(table[:, :2]) <= LARGEST_COORDINATE).all(-1)
    box = None
    if entry.value('bbox'):
        box = entry.numbers('bbox', 4).tolist()
    return LabeledPerson(
        np.where(known[:, None], table[:, :2], np.nan),
        np.where(known, np.clip(np.nan_to_num(table[:, 2]), 0, 2), 0
                 ).astype(int),
        entry.where, box, _track(entry), entry.flag('iscrowd'))


def _track(entry: Record) -> Optional[str]:
    """Return the track of an annotation, None if it has none."""
    attributes: Dict[str, Any] = entry.value('attributes') or {}
    if not isinstance(attributes, dict):
        attributes = {}
    for value in (entry.value('track_id'), attributes.get('track_id')):
        if value is not None:
            if not isinstance(value, (int, float, str)):
                raise FormatError(f'{entry.where}: the track {value!r} is '
                                  'neither a number nor a name')
            return str(int(value) if isinstance(value, float) and
                       value == int(value) else value)
    return None
