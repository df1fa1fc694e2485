"""PoseTrack2017: ``annolist`` json or .mat files, one per video."""
import os.path as osp
from typing import Dict, List, Optional

import numpy as np

from mmpose_video.formats.annolist import (
    as_list,
    corner_box,
    first,
    ignore_regions,
    image_name,
    read_points,
)
from mmpose_video.formats.frame_index import frame_number
from mmpose_video.formats.keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
    POSETRACK_SKELETON,
    columns_of,
)
from mmpose_video.formats.posetrack_parts import load_json

from .annolist_mat import load_annolist_mat
from .geometry import box_around, is_box, union
from .layout import find_label_files
from .report import Report
from .source_images import SourceImages
from .task import Plan, Reader, SplitTask, VideoTask, person_category

CATEGORY = dict(
    person_category(POSETRACK_KEYPOINTS),
    skeleton=[list(limb) for limb in POSETRACK_SKELETON])
#: Ids of images: place of the video in its split, then the frame number.
FRAMES_PER_VIDEO = 1000000
PEOPLE_PER_FRAME = 100000


def plan(src: str, labels: Optional[str] = None) -> Plan:
    """What there is to convert.

    Args:
        src (str): Folder with ``images`` and the labels' json files, or
            .mat files where there are no json files.
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
    """One video in COCO's style.

    Args:
        file (str): Its json or .mat file.
        number (int): Place in the split from 1, for the ids.
        images (SourceImages): The images.
        report (Report): Takes what is left out.

    Returns:
        dict: ``images`` and ``annotations`` with the 17 key points.

    Raises:
        ValueError: If it is no annolist.
    """
    data = (load_annolist_mat(file)
            if file.endswith('.mat') else load_json(file))
    if not isinstance(data, dict) or not isinstance(
            data.get('annolist'), list):
        raise ValueError(f"{file} holds no list 'annolist'; labels of "
                         'PoseTrack18 are converted with posetrack18')
    frames = data['annolist']
    result: Dict[str, List[dict]] = dict(images=[], annotations=[])
    for i, frame in enumerate(frames):
        name = image_name(frame)
        size = images.size(name, report)
        if size is None:
            continue
        frame_id = frame_number(name)
        image_id = number * FRAMES_PER_VIDEO + (
            i + 1 if frame_id is None else frame_id)
        rects = as_list(frame.get('annorect'))
        xs, ys = ignore_regions(frame)
        labelled = first(frame, 'is_labeled')
        result['images'].append(
            dict(
                id=image_id,
                frame_id=image_id,
                vid_id=osp.basename(osp.dirname(name)),
                file_name=name,
                nframes=len(frames),
                is_labeled=bool(rects if labelled is None else labelled),
                width=size[0],
                height=size[1],
                ignore_regions_x=xs,
                ignore_regions_y=ys))
        for j, rect in enumerate(rects):
            person = _person(rect, f'{file}, {name}, person {j}', report)
            if person is not None:
                person.update(
                    id=image_id * PEOPLE_PER_FRAME + j,
                    image_id=image_id,
                    track_id=person.get('track_id', j))
                result['annotations'].append(person)
    return result


def _person(rect: dict, where: str, report: Report) -> Optional[dict]:
    """One person; None if nothing tells where it is."""
    try:
        points, has, _ = read_points(rect, len(POSETRACK_JOINTS))
    except (TypeError, ValueError) as error:
        report.skip('person with a joint that is no place', f'{where}: '
                    f'{error}')
        return None
    head, body = corner_box(rect), box_around(points, has)
    if body is None and is_box(head):
        # one joint has no extent; some people have a head box only
        dots = [[*point, 0., 0.] for point in points[has].tolist()]
        body = union([*dots, head])  # type: ignore[list-item]
    if body is None and not has.any():
        report.skip('person without joints and head box', where)
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
    track = first(rect, 'track_id')
    if track is not None:
        person['track_id'] = int(track)
    return person
