"""Sub-JHMDB: keypoints and puppet masks in .mat files, lists of the splits."""
import glob
import os.path as osp
import re
from typing import Dict, List, Optional, Tuple

import numpy as np

from mmpose_video.formats.inner_path import inner_path
from mmpose_video.formats.json_file import read_text
from mmpose_video.formats.keypoints import (
    JHMDB_JOINTS,
    named_links,
    person_category,
)
from mmpose_video.formats.schema import FormatError

from .geometry import box_around
from .mat_file import READER
from .report import Report
from .source_images import SourceImages
from .task import Plan, SplitTask, VideoTask

IMAGES, JOINTS, MASKS = 'Rename_Images', 'joint_positions', 'puppet_mask'
#: Folders of the lists. The first is Sub-JHMDB's, the second the whole set's.
LISTS = ('sub_splits', 'splits')
PARTS = {1: 'train', 2: 'test'}
FRAMES_PER_VIDEO = 10000
#: Videos (action, name) by number of the split and part.
Splits = Dict[Tuple[int, int], List[Tuple[str, str]]]
CATEGORY = person_category(
    JHMDB_JOINTS,
    named_links(
        JHMDB_JOINTS,
        (('neck', 'head'), ('neck', 'right_shoulder'),
         ('neck', 'left_shoulder'), ('neck', 'belly'),
         ('right_shoulder', 'right_elbow'), ('right_elbow', 'right_wrist'),
         ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
         ('belly', 'right_hip'), ('belly', 'left_hip'),
         ('right_hip', 'right_knee'), ('right_knee', 'right_ankle'),
         ('left_hip', 'left_knee'), ('left_knee', 'left_ankle'))))


def plan(src: str, labels: Optional[str] = None) -> Plan:
    """Look for what there is to convert.

    Args:
        src (str): Folder with ``Rename_Images``, ``joint_positions``,
            ``puppet_mask`` and ``sub_splits``.
        labels (str, optional): Folder of the splits' lists, if it is
            another one.

    Returns:
        Plan: Files ``Sub<1 to 3>_<train or test>.json``, the names of
        MMPose's.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a list cannot be read.
    """
    for name in (IMAGES, JOINTS, MASKS):
        if not osp.isdir(osp.join(src, name)):
            raise FileNotFoundError(f'there is no folder `{name}` in `{src}`; '
                                    'unpack the archive of that name there')
    folder, notes = labels, []
    if folder is None:
        found = [n for n in LISTS if osp.isdir(osp.join(src, n))]
        if not found:
            raise FileNotFoundError(
                f'none of {list(LISTS)} is in `{src}`: unpack the lists of '
                'Sub-JHMDB there, or name their folder with --labels')
        folder = osp.join(src, found[0])
        if found[0] != LISTS[0]:
            notes.append(
                'note: `splits` lists the whole JHMDB. Sub-JHMDB, which the '
                'literature on pose uses, has lists of its own (sub_splits)')
    report = Report()
    splits = _read_lists(folder, report)
    names = sorted({video for videos in splits.values() for video in videos})
    number = {video: i + 1 for i, video in enumerate(names)}
    tasks = []
    for (split, part), videos in sorted(splits.items()):
        tasks.append(
            SplitTask(
                f'Sub{split}_{PARTS[part]}.json',
                [_task(src, video, number[video]) for video in videos],
                CATEGORY,
                dict(description=f'JHMDB, split {split}, {PARTS[part]}; '
                     'pixels are counted from 1')))
    return Plan(tasks, src, [IMAGES], notes, report)


def _read_lists(folder: str, report: Report) -> Splits:
    """Return the videos (action, name) by split and part.

    Raises:
        FileNotFoundError: If there is no list.
        FormatError: If none can be read.
    """
    pattern = re.compile(r'^(.+)_test_split(\d)\.txt$')
    splits: Splits = {}
    for path in sorted(glob.glob(osp.join(glob.escape(folder), '*.txt'))):
        match = pattern.match(osp.basename(path))
        if match is None:
            continue
        try:
            parts = _read_list(path)
        except (ValueError, OSError) as error:
            report.lose(path, str(error), 'list of a split that cannot be '
                        'read')
            continue
        for video, part in parts.items():
            if part:
                splits.setdefault((int(match.group(2)), part), []).append(
                    (match.group(1), video))
    if report.broken and not splits:
        raise FormatError(next(iter(report.broken.values())))
    if not splits:
        raise FileNotFoundError(
            f'no file <action>_test_split<1 to 3>.txt in `{folder}`')
    return splits


def _read_list(path: str) -> Dict[str, int]:
    """Return the part of each video of a list, 0 for none.

    Raises:
        FormatError: If the file is not such a list.
    """
    parts: Dict[str, int] = {}
    for line in read_text(path).splitlines():
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or words[1] not in ('0', '1', '2'):
            raise FormatError(f"`{path}` has a line {' '.join(words)[:80]!r}; "
                              'a line is the name of a video and 0, 1 '
                              '(train) or 2 (test)')
        inner_path(osp.dirname(path), words[0], path)
        video = osp.splitext(words[0])[0]
        if video in parts:
            raise FormatError(f'`{path}` has the video {video[:80]!r} twice')
        parts[video] = int(words[1])
    return parts


def _task(src: str, video: Tuple[str, str], number: int) -> VideoTask:
    joints = osp.join(src, JOINTS, *video, 'joint_positions.mat')
    masks = osp.join(src, MASKS, *video, 'puppet_mask.mat')
    return VideoTask(
        '/'.join(video), [joints, masks], lambda images, report: read_video(
            video, number, joints, masks, images, report))


def read_video(video: Tuple[str, str], number: int, joints: str, masks: str,
               images: SourceImages, report: Report
               ) -> Dict[str, List[dict]]:
    """Read a video in COCO's style, pixels counted from 1 as in the set.

    Args:
        video (tuple[str, str]): Action and name.
        number (int): Number of the video, for the ids.
        joints (str): Its ``joint_positions.mat``.
        masks (str): Its ``puppet_mask.mat``.
        images (SourceImages): The images.
        report (Report): Takes what is left out.

    Returns:
        dict: ``images`` and ``annotations``; boxes are those of the masks.

    Raises:
        ValueError: If an array is not there or has another shape.
    """
    points = _array(joints, 'pos_img', 3)
    if points.shape[:2] != (2, len(JHMDB_JOINTS)):
        raise FormatError(f"{joints}: 'pos_img' has shape {points.shape}, not "
                          f'(2, {len(JHMDB_JOINTS)}, frames)')
    puppet = _array(masks, 'part_mask', 3)
    folder = osp.join(IMAGES, *video)
    result: Dict[str, List[dict]] = dict(images=[], annotations=[])
    frames = images.frames(folder, report)
    for frame, name in sorted(frames.items()):
        if not 1 <= frame <= points.shape[2]:
            report.skip('frame without joints', name)
            continue
        size = images.size(name, report)
        if size is None:
            continue
        image_id = number * FRAMES_PER_VIDEO + frame
        result['images'].append(
            dict(
                id=image_id,
                frame_id=image_id,
                vid_id=f'{number:05d}',
                file_name=name.replace('\\', '/'),
                nframes=len(frames),
                is_labeled=True,
                width=size[0],
                height=size[1]))
        xy = points[:, :, frame - 1].T
        inside = np.all((xy >= 1) & (xy <= size), axis=1)
        mask = puppet[..., frame - 1] if frame <= puppet.shape[2] else None
        box = None if mask is None else mask_box(mask)
        if box is None:
            box = box_around(xy, inside)
            report.skip('empty puppet mask, the box is that of the joints',
                        name)
        if box is None or not np.isfinite(xy).all():
            report.skip('person without a place', name)
            continue
        flat = np.column_stack([xy, np.where(inside, 2, 0)])
        flat[~inside] = 0
        result['annotations'].append(
            dict(
                id=10**12 + image_id,
                image_id=image_id,
                category_id=1,
                iscrowd=0,
                track_id=0,
                bbox=box,
                keypoints=flat.ravel().tolist(),
                num_keypoints=int(inside.sum())))
    for frame in sorted(set(range(1, points.shape[2] + 1)) - set(frames)):
        report.fault('annotated frame without an image',
                     f'{folder}/{frame:05d}.png')
    return result


def mask_box(mask: np.ndarray) -> Optional[List[float]]:
    """Return the box ``[x, y, width, height]`` of a mask, counted from 1."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return [
        float(columns[0] + 1),
        float(rows[0] + 1),
        float(columns[-1] - columns[0] + 1),
        float(rows[-1] - rows[0] + 1)
    ]


def _array(path: str, name: str, ndim: int) -> np.ndarray:
    """Return an array of a .mat file.

    Raises:
        FormatError: If there is none, or it has another number of axes.
    """
    try:
        array = READER.array(path, name)
    except FileNotFoundError as error:
        raise FormatError(f'there is no file {path}') from error
    if array.ndim == ndim - 1:  # Matlab drops a last axis of length one
        array = array[..., None]
    if array.ndim != ndim:
        raise FormatError(f'{path}: {name!r} has shape {array.shape}')
    return array
