"""HiEve's label files of poses.

The format page (http://humaninevents.org/format.html) describes a file per
frame, ``000000.xml``, whose content is JSON. Real XML with the same elements
is read as well. Files per video are read as ``annolist`` JSON, the layout of
PoseTrack17 with HiEve's keypoint ids and body boxes; no description of them
could be had, so these are the package's reading, not the benchmark's word.
"""
import re
from typing import Any, Dict, List, Optional, Tuple
from xml.etree import ElementTree

import numpy as np

from mmpose_video.formats.annolist import AnnolistRecord, annolist_frames
from mmpose_video.formats.frame_index import frame_number
from mmpose_video.formats.json_file import parse_json, read_json, read_text
from mmpose_video.formats.keypoints import HIEVE_JOINTS
from mmpose_video.formats.schema import FormatError, Record, shown

from .geometry import are_coordinates, box_around, corners_to_box, is_box
from .report import Report

#: COCO's flag of visibility for each of the benchmark's.
FLAGS = {0: 2, 1: 1, -1: 0}


def read_frame_file(file: str, report: Report) -> Tuple[int, List[dict]]:
    """Read the people of one frame.

    Args:
        file (str): ``<frame number>.xml``, JSON or XML inside.
        report (Report): Takes what is left out.

    Returns:
        tuple[int, list[dict]]: Frame number and people in COCO's style.

    Raises:
        FormatError: If the file is of another layout.
    """
    frame = frame_number(file)
    if frame is None:
        raise FormatError(f'the name of {file} does not end in a frame number')
    text = read_text(file).strip()
    content = parse_json(text, file) if text.startswith('{') else (
        _parse_xml(text, file))
    annotation = content.get('annotation')
    if not isinstance(annotation, dict):
        raise FormatError(f"{file} holds no 'annotation'")
    people = []
    for i, entry in enumerate(_as_list(annotation.get('object'))):
        try:
            person = _from_object(Record(entry, f'{file}, object {i}'),
                                  report)
        except FormatError as error:
            report.skip('person that cannot be read', error)
            continue
        if person is not None:
            people.append(person)
    return frame, people


def _as_list(value: Any) -> list:
    """Return a list; lists of one may have been dropped."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _parse_xml(text: str, source: str) -> dict:
    """Return the content of XML in the form of the JSON files.

    Raises:
        FormatError: If it is not XML.
    """
    def value(node: ElementTree.Element) -> Any:
        if not len(node):
            return (node.text or '').strip()
        out: Dict[str, Any] = {}
        for child in node:
            out.setdefault(child.tag, []).append(value(child))
        return {k: v if len(v) > 1 else v[0] for k, v in out.items()}

    try:
        root = ElementTree.fromstring(text)
        return {root.tag: value(root)}
    except RecursionError:
        raise FormatError(f'{source} is nested too deeply') from None
    except (ValueError, ElementTree.ParseError) as error:
        raise FormatError(f'{source} is neither JSON nor XML: {error}'
                          ) from error


def _from_object(entry: Record, report: Report) -> Optional[dict]:
    """Convert one person; return None if nothing tells where it is.

    Raises:
        FormatError: If a field has a wrong type.
    """
    box = entry.record('bndbox')
    fields = Record({
        key.lower().replace('-', '_').replace(' ', '_'): value
        for key, value in box.data.items()
    }, box.where)
    flat = np.zeros((len(HIEVE_JOINTS), 3))
    for i, name in enumerate(HIEVE_JOINTS):
        if name not in fields.data:
            continue
        values = _floats(fields, name, 3)
        if values[2] not in FLAGS:
            raise fields.error(f'the flag of {name} is {values[2]:g}, not one '
                               f'of {sorted(FLAGS)}')
        flat[i] = *values[:2], FLAGS[int(values[2])]
    x1, y1, x2, y2 = (_floats(fields, key, 1)[0]
                      for key in ('xmin', 'ymin', 'xmax', 'ymax'))
    person = _person(flat, [x1, y1, x2 - x1, y2 - y1], entry.where, report)
    number = re.search(r'\d{1,18}$', str(entry.value('name') or ''), re.ASCII)
    if person is not None and number:
        person['track_id'] = int(number.group())
    return person


def _floats(fields: Record, key: str, count: int) -> List[float]:
    """Return the comma-separated numbers of a field.

    Raises:
        FormatError: If it holds something else.
    """
    value = fields.value(key)
    expected = 'a number' if count == 1 else f'{count} numbers'
    try:
        # a number of more than 4,300 digits has no text
        numbers = [float(part) for part in str(value).split(',')]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise fields.error(f'{key!r} must be {expected}, got {shown(value)}')
    return numbers


def read_video_file(file: str, report: Report) -> Dict[int, List[dict]]:
    """Read the people of a video by frame number.

    Args:
        file (str): ``annolist`` JSON.
        report (Report): Takes what is left out.

    Returns:
        dict[int, list[dict]]: People in COCO's style.

    Raises:
        FormatError: If the file is of another layout.
    """
    result: Dict[int, List[dict]] = {}
    for i, frame in enumerate(annolist_frames(read_json(file), file)):
        number = frame_number(frame.image_name())
        people = result.setdefault(i if number is None else number, [])
        for entry in frame.records('annorect', optional=True):
            try:
                person = _from_annorect(entry, report)
            except FormatError as error:
                report.skip('person that cannot be read', error)
                continue
            if person is not None:
                people.append(person)
    return result


def _from_annorect(entry: AnnolistRecord,
                   report: Report) -> Optional[dict]:
    """Convert one person; return None if nothing tells where it is."""
    joints = entry.joints(len(HIEVE_JOINTS))
    flat = np.column_stack([joints.points, 2. * joints.labeled])
    for joint, flag in enumerate(joints.flags):
        if flag is None:
            continue
        if flag not in FLAGS:
            raise entry.error(f'the flag of {HIEVE_JOINTS[joint]} is {flag}, '
                              f'not one of {sorted(FLAGS)}')
        flat[joint, 2] = FLAGS[flag]
    corners = entry.corners()
    box = None if corners is None else corners_to_box(corners)
    person = _person(flat, box, entry.where, report)
    track = entry.integer('track_id', None)
    if person is not None and track is not None:
        person['track_id'] = track
    return person


def _person(flat: np.ndarray, box: Any, where: str,
            report: Report) -> Optional[dict]:
    """Check one person; return None if it cannot serve."""
    if not are_coordinates(flat):
        report.skip('person with a keypoint that is not finite', where)
        return None
    flat[flat[:, 2] == 0] = 0
    labeled = flat[:, 2] > 0
    if not is_box(box):
        box = box_around(flat[:, :2], labeled)
    if box is None:
        report.skip('person without a box and keypoints', where)
        return None
    return dict(
        category_id=1,
        iscrowd=0,
        bbox=[float(value) for value in box],
        keypoints=flat.ravel().tolist(),
        num_keypoints=int(labeled.sum()))
