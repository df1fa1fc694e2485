"""HiEve: labels per frame or per video, boxes as comma-separated values."""
import glob
import os.path as osp
from typing import Dict, List, Optional, Sequence

from mmpose_video.formats.keypoints import (
    HIEVE_JOINTS,
    named_links,
    person_category,
)
from mmpose_video.formats.schema import FormatError

from ..metainfo import HIEVE_METAINFO
from .hieve_csv import read_boxes
from .hieve_frames import extract_frames
from .hieve_labels import read_frame_file, read_video_file
from .report import Report
from .source_images import SourceImages
from .task import Plan, SplitTask, VideoTask

FRAMES_PER_VIDEO = 1000000
PEOPLE_PER_FRAME = 10000
CATEGORY = person_category(
    HIEVE_JOINTS,
    named_links(
        HIEVE_JOINTS,
        [limb['link'] for limb in HIEVE_METAINFO['skeleton_info'].values()]))
FRAME_SUFFIXES = ('.xml', '.json')


def plan(src: str,
         labels: Optional[str] = None,
         val: Sequence[str] = (),
         boxes: Optional[str] = None,
         boxes_from: int = 0,
         extract_to: Optional[str] = None) -> Plan:
    """Look for what there is to convert.

    Args:
        src (str): Folder with ``labels`` and ``images/<video>/<frame>.jpg``,
            or ``videos`` if frames are to be extracted.
        labels (str, optional): Folder of the labels. Defaults to None,
            ``src/labels``. It holds a folder of frames' files per video
            (``000000.xml``) or a JSON file per video, possibly below
            ``train``.
        val (Sequence[str]): Videos to hold out for validation.
        boxes (str, optional): Folder of Track-1 files (``<video>.txt`` or
            ``.csv``), which become box files. Defaults to None.
        boxes_from (int): Number of the first frame in those.
        extract_to (str, optional): Folder in whose ``images`` the frames of
            the videos are put. Defaults to None, frames are there.

    Returns:
        Plan: Files ``hieve_train.json``, ``hieve_val.json``.

    Raises:
        FileNotFoundError: If there are no labels.
        ValueError: If a video to hold out is not there.
    """
    root, report = src, Report()
    if extract_to is not None:
        extract_frames(src, extract_to, report)
        root = extract_to
    folder = labels or osp.join(src, 'labels')
    if labels is None and osp.isdir(osp.join(folder, 'train')):
        folder = osp.join(folder, 'train')
    sources = _find(folder)
    unknown = sorted(set(val) - set(sources))
    if unknown:
        raise ValueError(f'no labels of the videos {unknown} to hold out; '
                         f'there are {sorted(sources, key=_natural)}')
    number = {
        video: i + 1
        for i, video in enumerate(sorted(sources, key=_natural))
    }
    splits = []
    for split in ('train', 'val'):
        videos = [v for v in number if (v in val) == (split == 'val')]
        if videos:
            tasks = [_task(v, number[v], sources[v]) for v in videos]
            splits.append(
                SplitTask(f'hieve_{split}.json', tasks, CATEGORY,
                          dict(description=f'HiEve {split}')))
    result = Plan(splits, root, ['images'], report=report)
    if boxes is not None:
        result.finish = lambda files, report: _boxes(
            files, boxes, boxes_from, report)
    return result


def _natural(name: str) -> tuple:
    """Order videos by number where they have one."""
    return (0, int(name), name) if name.isdigit() else (1, 0, name)


def _find(folder: str) -> Dict[str, List[str]]:
    """Return the label files by video."""
    sources: Dict[str, List[str]] = {}
    for path in sorted(glob.glob(osp.join(glob.escape(folder), '*'))):
        name, suffix = osp.splitext(osp.basename(path))
        if osp.isdir(path):
            files = sorted(
                file for file in glob.glob(osp.join(glob.escape(path), '*'))
                if file.endswith(FRAME_SUFFIXES))
            if files:
                sources[osp.basename(path)] = files
        elif suffix == '.json':
            sources[name] = [path]
    if not sources:
        raise FileNotFoundError(
            f'no labels in `{folder}`: neither folders of 000000.xml, '
            '000001.xml, ... nor <video>.json. Unpack them there, or name '
            'their folder with --labels')
    return sources


def _task(video: str, number: int, files: List[str]) -> VideoTask:
    return VideoTask(
        video, files, lambda images, report: read_video(
            video, number, files, images, report))


def read_video(video: str, number: int, files: List[str],
               images: SourceImages, report: Report
               ) -> Dict[str, List[dict]]:
    """Read a video in COCO's style.

    Args:
        video (str): Its name, and that of the folder of its frames.
        number (int): Its number, for the ids.
        files (list[str]): Its label files.
        images (SourceImages): The images.
        report (Report): Takes what is left out.

    Returns:
        dict: ``images`` and ``annotations``. Images pair with labels by
        frame number, as their names differ between copies.
    """
    people: Dict[int, List[dict]] = {}
    whole = len(files) == 1 and osp.splitext(
        osp.basename(files[0]))[0] == video
    for file in files:
        try:
            if whole:
                people.update(read_video_file(file, report))
            else:
                frame, found = read_frame_file(file, report)
                people[frame] = found
        except FormatError as error:
            # the other frames can be used without this one
            report.lose(file, str(error), 'label file that cannot be read')
    frames = images.frames(osp.join('images', video), report)
    result: Dict[str, List[dict]] = dict(images=[], annotations=[])
    for frame in sorted(set(frames) | set(people)):
        name = frames.get(frame)
        if frame >= FRAMES_PER_VIDEO:
            report.fault('frame number that is too large',
                         f'frame {frame} of video {video}')
            continue
        if name is None:
            report.fault('annotated frame without an image',
                         f'frame {frame} of video {video}')
            continue
        size = images.size(name, report)
        if size is None:
            continue
        image_id = number * FRAMES_PER_VIDEO + frame
        result['images'].append(
            dict(
                id=image_id,
                frame_id=image_id,
                vid_id=video,
                file_name=name.replace('\\', '/'),
                nframes=len(frames),
                is_labeled=frame in people,
                width=size[0],
                height=size[1]))
        for i, person in enumerate(people.get(frame, ())):
            person = dict(
                person,
                id=image_id * PEOPLE_PER_FRAME + i,
                image_id=image_id)
            person.setdefault('track_id', i)
            result['annotations'].append(person)
    return result


def _boxes(files: Sequence[str], folder: str, first: int,
           report: Report) -> Dict[str, List[dict]]:
    """Return a box file in MMPose's layout for each annotation file.

    Raises:
        FileNotFoundError: If there is none at all.
    """
    result = {}
    for path in files:
        boxes = read_boxes(path, folder, first, report)
        if boxes:
            result[path.replace('.json', '_boxes.json')] = boxes
    if not result and not report.faults:
        raise FileNotFoundError(
            f'`{folder}` holds no <video>.txt or <video>.csv of a video with '
            'labels')
    return result
