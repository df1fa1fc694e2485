"""Read PoseTrack's JSON layouts.

Two layouts are read: that of PoseTrack18 and 21 (``images`` and
``annotations``) and that of PoseTrack17 (``annolist``).
"""
import glob
import logging
import os.path as osp
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
from mmengine.logging import print_log

from .annolist import AnnolistRecord, annolist_frames
from .keypoints import POSETRACK_JOINTS, columns_of
from .pose_table import PoseTable, build_table, head_size
from .schema import Record, stack_numbers

#: Score of a keypoint whose file gives none (the official fallback).
MISSING_SCORE = -9999.0


class Listed(NamedTuple):
    """The people that a file lists.

    Attributes:
        num_frames (int): Number of frames.
        frames (list[int]): Each person's frame.
        people (list[Record]): Each person's entry.
        regions (list[tuple[int, np.ndarray]]): Ignore regions: a frame and
            the corners (E, 2) of a polygon in pixels.
    """

    num_frames: int
    frames: List[int]
    people: List[Record]
    regions: List[Tuple[int, np.ndarray]]


def list_people(data: Any, source: str) -> Listed:
    """List the people of a parsed file, in the order of the file.

    Args:
        data (Any): The parsed JSON of one video.
        source (str): Name of the file, for messages.

    Returns:
        Listed: The people. In the newer layout an image id that appears
        twice gives its people to both frames, and the ignore regions of its
        first entry: the official reader does so.

    Raises:
        FormatError: If the content does not follow the layout.
    """
    if isinstance(data, dict) and 'annolist' in data:
        return _list_annolist(data, source)
    return _list_coco_style(Record(data, source))


def read_posetrack(data: Any, source: str, is_truth: bool) -> PoseTable:
    """Turn the content of one video's file into a table.

    Args:
        data (Any): The parsed JSON.
        source (str): Name of the file, for messages.
        is_truth (bool): Whether the file holds ground truth, which needs
            head boxes and finite coordinates.

    Returns:
        PoseTable: The 15 official keypoints of every person; ``size`` is the
        head size, 0.6 times the diagonal of the head box.

    Raises:
        FormatError: If the content does not follow the layout.
    """
    listed = list_people(data, source)
    if isinstance(data, dict) and 'annolist' in data:
        points, present, scores = _annolist_joints(listed.people)
    else:
        points, present, scores = _coco_style_joints(
            listed.people, Record(data, source))
    size = np.zeros(len(listed.people))
    if is_truth:
        for row in np.flatnonzero(present.any(axis=1)):
            size[row] = _head_size(listed.people[row])
    return build_table(
        listed.num_frames, np.array(listed.frames, dtype=np.int64), points,
        present, scores, size, listed.regions,
        [person.where for person in listed.people], POSETRACK_JOINTS,
        is_truth)


def _list_annolist(data: dict, source: str) -> Listed:
    """List the people of PoseTrack17's layout."""
    frames, people = [], []
    regions: List[Tuple[int, np.ndarray]] = []
    annolist = annolist_frames(data, source)
    for i, frame in enumerate(annolist):
        for person in frame.records('annorect', optional=True):
            frames.append(i)
            people.append(person)
        xs, ys = frame.regions()
        regions += [(i, np.array([x, y]).T.reshape(-1, 2))
                    for x, y in zip(xs, ys)]
    return Listed(len(annolist), frames, list(people), regions)


def _annolist_joints(people: List[Any]
                     ) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points (P, 15, 2), presence and scores (P, 15)."""
    num = len(POSETRACK_JOINTS)
    points = np.zeros((len(people), num, 2))
    present = np.zeros((len(people), num), dtype=bool)
    scores = np.zeros((len(people), num))
    for row, person in enumerate(people):
        joints = person.joints(num)
        points[row], present[row] = joints.points, joints.labeled
        scores[row] = np.where(
            np.isnan(joints.scores), MISSING_SCORE, joints.scores)
    return points, present, scores


def _list_coco_style(file: Record) -> Listed:
    """List the people of the layout of PoseTrack18 and 21."""
    images = file.records('images')
    videos = {name for name in map(_poseval_video, images) if name}
    if len(videos) > 1:
        raise file.error(
            f'the file holds {len(videos)} videos ({sorted(videos)[:3]}...); '
            'the benchmark has one file per video')
    frames_of: Dict[Any, List[int]] = {}
    polygons_of: Dict[Any, List[np.ndarray]] = {}
    regions: List[Tuple[int, np.ndarray]] = []
    for i, image in enumerate(images):
        image_id = image.identity()
        frames_of.setdefault(image_id, []).append(i)
        if image_id not in polygons_of:
            polygons_of[image_id] = _polygons(image)
        regions += [(i, polygon) for polygon in polygons_of[image_id]]

    frames, people = [], []
    strangers = 0
    for ann in file.records('annotations'):
        places = frames_of.get(ann.identity('image_id'), ())
        strangers += not places
        for place in places:
            frames.append(place)
            people.append(ann)
    if strangers and not people:
        raise file.error(
            f"no annotation's 'image_id' is the 'id' of one of its "
            f'{len(images)} images: all {strangers} would be left out')
    if strangers:
        print_log(
            f'{file.where}: {strangers} annotations name images that the '
            'file does not list; they are left out.',
            logger='current',
            level=logging.WARNING)
    return Listed(len(images), frames, people, regions)


def _coco_style_joints(people: List[Record], file: Record
                       ) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points (P, 15, 2), presence and scores (P, 15)."""
    names = _keypoint_names(file)
    try:
        columns = columns_of(names)
    except ValueError as error:
        raise file.error(str(error)) from error
    num = len(names)
    points = stack_numbers(people, 'keypoints', 3 * num)
    points = points.reshape(-1, num, 3)[:, columns]
    # only (0, 0) with flag 0 means "not there"
    present = (points != 0).any(axis=-1)
    scores = np.full((len(people), num), MISSING_SCORE)
    for row, person in enumerate(people):
        given = person.items('scores', optional=True)
        if given:
            if len(given) < num:
                raise person.error(f"'scores' has {len(given)} numbers for "
                                   f'{num} keypoints')
            scores[row] = person.numbers('scores')[:num]
    return points[..., :2], present, scores[:, columns]


def _head_size(person: Record) -> float:
    """Return the head size of a person of either layout."""
    if isinstance(person, AnnolistRecord):
        return head_size([person.number(key) for key in
                          ('x1', 'y1', 'x2', 'y2')], person.where)
    if person.value('bbox_head') is None:
        raise person.error("'bbox_head' is missing: the measure divides "
                           'distances by the size of the head')
    x, y, width, height = person.numbers('bbox_head', 4).tolist()
    return head_size([x, y, x + width, y + height], person.where)


def _poseval_video(image: Record) -> Optional[str]:
    """Return an image's video: its folder, as poseval reads it."""
    name = image.value('file_name')
    if not isinstance(name, str):
        return None
    return osp.basename(osp.dirname(name)).split('_')[0]


def _keypoint_names(file: Record) -> List[str]:
    """Return the names of the keypoints that a file's category lists."""
    categories = file.records('categories')
    if len(categories) != 1:
        raise file.error("'categories' must hold exactly one entry, the "
                         'person with the names of its keypoints')
    names = categories[0].items('keypoints')
    if len(names) not in (15, 17) or not all(
            isinstance(name, str) for name in names):
        raise file.error(f'the category lists {len(names)} keypoints; '
                         'PoseTrack has 17 (or the 15 that are evaluated)')
    return names


def _polygons(image: Record) -> List[np.ndarray]:
    """Return the ignore regions of an image, arrays (E, 2) of corners."""
    polygons: List[np.ndarray] = []
    for x, y in zip(image.items('ignore_regions_x', optional=True),
                    image.items('ignore_regions_y', optional=True)):
        region = Record(
            dict(x=x, y=y), f'{image.where}, ignore region {len(polygons)}')
        # zip: the official reader cuts off what has no partner
        corners = np.array(
            list(zip(region.numbers('x'), region.numbers('y'))))
        if not np.isfinite(corners).all():
            raise region.error('a corner is not finite')
        polygons.append(corners.reshape(-1, 2))
    return polygons


def split_videos(data: Any, source: str) -> Dict[str, dict]:
    """Split one COCO-style file of a whole dataset into its videos.

    Args:
        data (Any): Parsed JSON with ``images``, ``categories`` and, except
            for a test set, ``annotations``.
        source (str): Name of the file, for messages.

    Returns:
        dict[str, dict]: From the name of the official file (without
        ``.json``) to its content; images in ascending time.

    Raises:
        FormatError: If the layout is broken.
    """
    file = Record(data, source)
    images: Dict[str, List[dict]] = {}
    _check_ids(file)
    for image in file.records('images'):
        images.setdefault(_video_name(image), []).append(image.data)
    by_image: Dict[Any, List[dict]] = {}
    for ann in file.records('annotations', optional=True):
        by_image.setdefault(ann.data['image_id'], []).append(ann.data)
    videos = {}
    for name, members in images.items():
        members = _in_time(members)
        annotations = [
            ann for image in members for ann in by_image.get(image['id'], ())
        ]
        videos[name] = dict(
            images=members,
            annotations=annotations,
            categories=data.get('categories'))
    return videos


def read_videos(gt_dir: str) -> Dict[str, dict]:
    """Read a folder of per-video ground truth files.

    Args:
        gt_dir (str): Folder of JSON files in PoseTrack18's layout.

    Returns:
        dict[str, dict]: From the name of the file (without ``.json``) to
        its content.

    Raises:
        FileNotFoundError: If the folder holds no JSON file.
        ValueError: If a file is not of this layout.
    """
    files = sorted(glob.glob(osp.join(glob.escape(gt_dir), '*.json')))
    if not files:
        raise FileNotFoundError(f'{gt_dir} is not a folder with JSON files')
    videos = {}
    for path in files:
        file = Record.read(path)
        _check_ids(file)
        videos[osp.splitext(osp.basename(path))[0]] = file.data
    return videos


def _check_ids(file: Record) -> None:
    """Check what predictions are assigned and counted by.

    Raises:
        FormatError: If an image has no id, an annotation names no image, or
            a field has a wrong type.
    """
    for image in file.records('images'):
        image.identity()
        image.integer('nframes', 0)
    for ann in file.records('annotations', optional=True):
        ann.identity('image_id')
        if ann.value('id') is not None:
            ann.identity()


def _video_name(image: Record) -> str:
    """Return the name of an image's video: its folder, or ``vid_id``."""
    name = osp.basename(osp.dirname(image.text('file_name', '')))
    name = name or str(image.value('vid_id') or '')
    if not name:
        raise image.error("neither a folder in 'file_name' nor a 'vid_id' "
                          'tells its video')
    return name


def _in_time(images: List[dict]) -> List[dict]:
    """Sort images by time."""
    if all(isinstance(image.get('frame_id'), int) for image in images):
        return sorted(images, key=lambda image: image['frame_id'])
    return sorted(images, key=lambda image: str(image.get('file_name', '')))
