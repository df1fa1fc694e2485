"""Labels of other tools: COCO, DeepLabCut, SLEAP and YOLO-pose."""
import hashlib
import json
import os.path as osp
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from mmpose_video.formats.labels import (
    SPLITS,
    LabeledVideo,
    LabelSet,
    label_format,
    read_labels,
)
from mmpose_video.formats.schema import FormatError
from mmpose_video.formats.skeleton import Skeleton

from .own_frames import FrameOptions, OwnFrames
from .own_splits import folder_names, split_videos
from .own_video import OwnVideo
from .report import Report
from .task import Plan, SplitTask, VideoTask

SKELETON_FILE = 'skeleton.json'


@dataclass
class ImportOptions:
    """Choices of an import.

    Attributes:
        format (str, optional): Name of the format. Defaults to None: by
            suffix and content.
        frames (FrameOptions, optional): Where the frames are. Defaults to
            None, beside the labels.
        skeleton (Skeleton, optional): The keypoints of the dataset, by name.
            Defaults to None, those of the labels.
        drop_unknown (bool): Leave out keypoints that the skeleton lacks. By
            default they are an error.
        val (Sequence[str]): Videos to hold out, names or patterns.
        val_share (float): Share of the videos to hold out, where neither
            ``val`` nor the labels tell. Defaults to 0.2.
        overwrite (bool): Do not keep the ``skeleton.json`` of an earlier
            import. Defaults to False.
    """

    format: Optional[str] = None
    frames: Optional[FrameOptions] = None
    skeleton: Optional[Skeleton] = None
    drop_unknown: bool = False
    val: Sequence[str] = ()
    val_share: float = 0.2
    overwrite: bool = False


def plan(sources: Sequence[str], dst: str,
         options: Optional[ImportOptions] = None) -> Plan:
    """Read labels, and extract the frames of videos.

    Args:
        sources (Sequence[str]): Files or folders of labels.
        dst (str): Folder of the dataset.
        options (ImportOptions, optional): Choices.

    Returns:
        Plan: ``annotations/train.json`` and so on, and ``skeleton.json``.

    Raises:
        FormatError: If labels break their format, or name keypoints that the
            skeleton lacks.
        OSError: If a file cannot be read.
        ValueError: If a video to hold out is not there.
    """
    options = options or ImportOptions()
    kept = _kept_skeleton(dst, options)
    sets = [read_labels(path, options.format, options.skeleton or kept)
            for path in sources]
    skeleton = options.skeleton or kept or sets[0].skeleton
    merged, origin = _merge(sources, sets)
    notes = [note for labels in sets for note in labels.notes]
    if not merged:
        reasons = sorted({reason for s in sets for reason, _ in s.left_out})
        raise FormatError(f'{", ".join(sources)}: no labeled frame'
                          f'{": " if reasons else ""}{", ".join(reasons)}')
    for path, labels in zip(sources, sets):
        _reorder(labels, _columns(labels.skeleton, skeleton, path,
                                  options.drop_unknown, notes),
                 len(skeleton.keypoints))
    folders = folder_names(list(merged))
    splits = split_videos(merged, folders, options.val, options.val_share,
                          notes)
    frames = OwnFrames(dst, options.frames or beside(sources, options.format))
    frames.extract({folders[name]: v for name, v in merged.items()})
    key = json.dumps([
        skeleton.to_dict(), vars(frames.options), options.format
    ], default=list)
    tasks: Dict[str, List[VideoTask]] = {split: [] for split in SPLITS}
    for number, (name, video) in enumerate(merged.items(), start=1):
        labels, path = origin[name]
        reader = OwnVideo(video, folders[name], number, labels.relative,
                          frames)
        tasks[splits[name]].append(
            VideoTask(folders[name], [video.source or path], reader,
                      _digest(video, key)))
    info = dict(imported_from=[osp.basename(osp.abspath(p))
                               for p in sources])
    report = Report()
    for labels in sets:
        for reason, example in labels.left_out:
            report.skip(reason, example)
    return Plan(
        [
            SplitTask(f'{split}.json', tasks[split], skeleton.category(),
                      dict(info, description=f'{skeleton.name} {split}'))
            for split in SPLITS if tasks[split]
        ], dst, [], notes, report,
        lambda *_: {osp.join(dst, SKELETON_FILE): skeleton.to_dict()})


def _merge(sources: Sequence[str], sets: Sequence[LabelSet]) -> Tuple[
        Dict[str, LabeledVideo], Dict[str, Tuple[LabelSet, str]]]:
    """Return the videos by name, and the set and file of each.

    Raises:
        FormatError: If two files have a video, one in pixels and one in
            fractions of the image.
    """
    merged: Dict[str, LabeledVideo] = {}
    origin: Dict[str, Tuple[LabelSet, str]] = {}
    for path, labels in zip(sources, sets):
        for video in labels.videos:
            if not video.frames:
                continue
            first = merged.setdefault(video.name, video)
            if first is not video:
                first.frames += video.frames
            other, source = origin.setdefault(video.name, (labels, path))
            if other.relative != labels.relative:
                raise FormatError(
                    f'{source} and {path} both have labels of the video '
                    f'{video.name}, one of them in pixels and one in '
                    'fractions of the image: import them apart')
    return merged, origin


def _reorder(labels: LabelSet, columns: Sequence[Tuple[int, int]],
             count: int) -> None:
    """Bring everybody's keypoints into the order of the dataset, in place.

    Args:
        labels (LabelSet): The labels.
        columns (Sequence[tuple[int, int]]): Index of a keypoint in the
            labels, and that in the dataset.
        count (int): Number of keypoints of the dataset.
    """
    here, there = np.array(columns).T
    for person in (person for video in labels.videos
                   for frame in video.frames for person in frame.people):
        points, flags = person.points[here], person.flags[here]
        person.points = np.full((count, 2), np.nan)
        person.flags = np.zeros(count, dtype=int)
        person.points[there], person.flags[there] = points, flags


def _digest(video: LabeledVideo, key: str) -> str:
    """Return a text that changes when labels or choices change."""
    digest = hashlib.sha256(key.encode())
    for frame in video.frames:
        head = (frame.number, frame.image, frame.size, frame.split)
        digest.update(repr(head).encode())
        for person in frame.people:
            digest.update(person.points.tobytes() + person.flags.tobytes())
            digest.update(repr((person.bbox, person.track, person.iscrowd)
                               ).encode())
    return digest.hexdigest()


def _kept_skeleton(dst: str, options: ImportOptions) -> Optional[Skeleton]:
    """Return the skeleton that an earlier import wrote, as edited since."""
    path = osp.join(dst, SKELETON_FILE)
    if options.skeleton is not None or options.overwrite or not osp.isfile(
            path):
        return None
    return Skeleton.read(path)


def _columns(found: Skeleton, wanted: Skeleton, path: str, drop: bool,
             notes: List[str]) -> List[Tuple[int, int]]:
    """Return the place of each keypoint of the labels in the dataset."""
    unknown = [n for n in found.keypoints if n not in wanted.keypoints]
    if unknown and not drop:
        raise FormatError(
            f'{path} has the keypoint {unknown[0]!r}'
            f'{f" and {len(unknown) - 1} more" if unknown[1:] else ""} that '
            f'the skeleton {wanted.name!r} lacks; it has '
            f'{", ".join(wanted.keypoints)}. Name them alike, or leave these '
            'out (--on-error skip)')
    if unknown:
        notes.append(f'{path}: left out keypoints that the skeleton lacks: '
                     f'{", ".join(unknown)}')
    absent = [n for n in wanted.keypoints if n not in found.keypoints]
    if len(absent) == len(wanted.keypoints):
        raise FormatError(f'{path} has none of the keypoints of the skeleton '
                          f'{wanted.name!r}')
    if absent:
        notes.append(f'{path}: nowhere labeled: {", ".join(absent)}')
    return [(i, wanted.keypoints.index(n))
            for i, n in enumerate(found.keypoints) if n in wanted.keypoints]


def beside(sources: Sequence[str],
           kind: Optional[str] = None) -> FrameOptions:
    """Return where the frames are if nobody says it: beside the labels.

    Args:
        sources (Sequence[str]): Files or folders of labels.
        kind (str, optional): Name of the format. Defaults to None: by suffix
            and content.

    Raises:
        FormatError: If the first file is of no known format.
        OSError: If it cannot be read.
    """
    first = osp.abspath(sources[0])
    folder = first if osp.isdir(first) else osp.dirname(first)
    kind = kind or label_format(sources[0])
    videos = None
    if kind == 'sleap':
        videos = folder
    elif kind == 'deeplabcut':
        if osp.basename(osp.dirname(folder)) == 'labeled-data':
            folder = osp.dirname(osp.dirname(folder))
        if osp.isdir(osp.join(folder, 'videos')):
            videos = osp.join(folder, 'videos')
    return FrameOptions(folder, videos)
