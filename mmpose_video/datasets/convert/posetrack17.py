"""PoseTrack2017: ``annolist`` JSON or .mat files, one per video."""
import os.path as osp
from typing import Dict, List, Optional

import numpy as np

from mmpose_video.formats.annolist import AnnolistRecord, annolist_frames
from mmpose_video.formats.frame_index import frame_number
from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
    columns_of,
    posetrack_category,
)
from mmpose_video.formats.schema import FormatError

from .annolist_mat import load_annolist_mat
from .geometry import (
    are_coordinates,
    box_around,
    corners_to_box,
    is_box,
    union,
)
from .layout import find_label_files
from .report import Report
from .source_images import SourceImages
from .task import Plan, Reader, SplitTask, VideoTask

CATEGORY = posetrack_category()
#: Ids of images: place of the video in its split, then the frame number.
FRAMES_PER_VIDEO = 1000000
PEOPLE_PER_FRAME = 100000


def plan(src: str, labels: Optional[str] = None) -> Plan:
    """Look for what there is to convert.

    Args:
        src (str): Folder with ``images`` and the JSON files of the labels,
            or .mat files where there are no JSON files.
        labels (str, optional): Folder with ``train`` and ``val``.

    Returns:
        Plan: Files ``posetrack17_<split>.json``.
    """
    splits = []
    for split, files in find_label_files(
            src, labels, suffixes=('.json', '.mat')).items():
        videos = [
            VideoTask(osp.splitext(osp.basename(file))[0], [file],
                      _reader(file, i + 1)) for i, file in enumerate(files)
        ]
        splits.append(
            SplitTask(f'posetrack17_{split}.json', videos, CATEGORY,
                      dict(description=f'PoseTrack2017 {split}')))
    return Plan(splits, src, ['images'])


def _reader(file: str, number: int) -> Reader:
    return lambda images, report: read_video(file, number, images, report)


def read_video(file: str, number: int, images: SourceImages,
               report: Report) -> Dict[str, List[dict]]:
    """Read a video in COCO's style.

    Args:
        file (str): Its JSON or .mat file.
        number (int): Place in the split from 1, for the ids.
        images (SourceImages): The images.
        report (Report): Takes what is left out.

    Returns:
        dict: ``images`` and ``annotations`` with the 17 keypoints.

    Raises:
        FormatError: If it is no ``annolist``.
    """
    data = (load_annolist_mat(file)
            if file.endswith('.mat') else read_json(file))
    if isinstance(data, dict) and 'images' in data:
        raise FormatError(f"{file} holds no list 'annolist'; labels of "
                          'PoseTrack18 are converted with posetrack18')
    frames = annolist_frames(data, file)
    result: Dict[str, List[dict]] = dict(images=[], annotations=[])
    for i, frame in enumerate(frames):
        name = frame.image_name()
        size = images.size(name, report)
        if size is None:
            continue
        frame_id = frame_number(name)
        if frame_id is None:
            frame_id = i + 1
        if frame_id >= FRAMES_PER_VIDEO:
            raise frame.error(f'the frame number {frame_id} of {name!r} is '
                              'too large')
        image_id = number * FRAMES_PER_VIDEO + frame_id
        people = frame.records('annorect', optional=True)
        xs, ys = frame.regions()
        result['images'].append(
            dict(
                id=image_id,
                frame_id=image_id,
                vid_id=osp.basename(osp.dirname(name)),
                file_name=name,
                nframes=len(frames),
                is_labeled=frame.flag('is_labeled', bool(people)),
                width=size[0],
                height=size[1],
                ignore_regions_x=xs,
                ignore_regions_y=ys))
        for j, entry in enumerate(people):
            try:
                person = _person(entry, report)
            except FormatError as error:
                report.skip('person that cannot be read', error)
                continue
            if person is not None:
                person.update(
                    id=image_id * PEOPLE_PER_FRAME + j,
                    image_id=image_id,
                    track_id=person.get('track_id', j))
                result['annotations'].append(person)
    return result


def _person(entry: AnnolistRecord, report: Report) -> Optional[dict]:
    """Convert one person; return None if nothing tells where it is.

    Raises:
        FormatError: If a field has a wrong type.
    """
    joints = entry.joints(len(POSETRACK_JOINTS))
    points, has = joints.points, joints.labeled
    if not are_coordinates(points):
        raise entry.error('a joint has a coordinate that is not finite')
    corners = entry.corners()
    head = None if corners is None else corners_to_box(corners)
    if head is not None and not are_coordinates(np.array(head)):
        raise entry.error('the head box is not finite')
    body = box_around(points, has)
    if body is None and is_box(head):
        # one keypoint has no extent; some people have a head box only
        dots = [[*point, 0., 0.] for point in points[has].tolist()]
        body = union([*dots, head])  # type: ignore[list-item]
    if body is None and not has.any():
        report.skip('person without joints and head box', entry.where)
        return None
    flat = np.zeros((len(POSETRACK_KEYPOINTS), 3))
    target = columns_of(POSETRACK_KEYPOINTS)
    flat[target, :2] = points
    flat[target, 2] = has
    person = dict(
        category_id=1,
        iscrowd=0,
        bbox=body or [*points[has][0].tolist(), 0., 0.],
        keypoints=flat.ravel().tolist(),
        num_keypoints=int(has.sum()))
    if head is not None:
        person['bbox_head'] = head
    track = entry.integer('track_id', None)
    if track is not None:
        person['track_id'] = track
    return person
