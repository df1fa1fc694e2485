"""Labels of other tools: COCO, DeepLabCut, SLEAP and YOLO-pose."""
import fnmatch
import hashlib
import json
import os.path as osp
import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from mmpose_video.formats.labels import (
    SPLITS,
    LabeledFrame,
    LabeledPerson,
    LabeledVideo,
    LabelSet,
    label_format,
    read_labels,
)
from mmpose_video.formats.schema import FormatError
from mmpose_video.formats.skeleton import Skeleton

from .geometry import MARGIN, is_box
from .own_frames import FrameOptions, OwnFrames
from .report import Report
from .source_images import SourceImages
from .task import Plan, SplitTask, VideoTask

FRAMES_PER_VIDEO = 1000000
PEOPLE_PER_FRAME = 10000
#: Smallest side of a box around keypoints, in longer sides of the image.
#: Package default: a single keypoint has no extent.
SMALLEST_BOX = 0.05
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


@dataclass
class _Reader:
    """Turns a video's labels into a part of an annotation file."""

    video: LabeledVideo
    name: str
    number: int
    skeleton: Skeleton
    columns: List[Tuple[int, int]]
    relative: bool
    frames: OwnFrames
    tracks: Dict[str, int] = field(default_factory=dict)

    def __call__(self, images: SourceImages,
                 report: Report) -> Dict[str, List[dict]]:
        """Return ``images`` and ``annotations``, see :class:`VideoTask`."""
        names, count = self.frames.provide(self.name, self.video, report)
        result: Dict[str, List[dict]] = dict(images=[], annotations=[])
        seen = set()
        order = sorted(zip(self.video.frames, names),
                       key=lambda pair: pair[0].number)
        for frame, name in order:
            where = f'frame {frame.number} of video {self.name}'
            if name is None:
                continue  # reported where it was looked for
            if frame.number in seen:
                report.fault('frame that is labelled twice', where)
                continue
            seen.add(frame.number)
            if frame.number >= FRAMES_PER_VIDEO:
                report.fault('frame number that is too large', where)
                continue
            size = images.size(name, report)
            if size is None:
                continue
            if frame.size is not None and frame.size != size:
                report.fault(
                    'image of another size than its labels say',
                    f'{name} is {size[0]}x{size[1]}, the '
                    f'labels say {frame.size[0]}x{frame.size[1]}')
                continue
            people = self._people(frame, size, report)
            if not people:
                continue
            image_id = self.number * FRAMES_PER_VIDEO + frame.number
            result['images'].append(
                dict(
                    id=image_id,
                    frame_id=image_id,
                    vid_id=self.name,
                    file_name=name,
                    nframes=count,
                    is_labeled=True,
                    width=size[0],
                    height=size[1]))
            result['annotations'] += [
                dict(person, id=image_id * PEOPLE_PER_FRAME + i,
                     image_id=image_id) for i, person in enumerate(people)
            ]
        return result

    def _people(self, frame: LabeledFrame, size: Tuple[int, int],
                report: Report) -> List[dict]:
        """Return the people of a frame."""
        found, ids = [], set()
        for person in frame.people:
            if person.track is not None and person.track in ids:
                report.fault('two people with one id in a frame',
                             f'{person.where}: id {person.track}')
                continue
            entry = self._person(person, size, report)
            if entry is not None:
                ids.add(person.track)
                found.append(entry)
        return found

    def _person(self, person: LabeledPerson, size: Tuple[int, int],
                report: Report) -> Optional[dict]:
        """Return a person, None if nothing is labelled."""
        extent = np.array(size, dtype=np.float64)
        scale = extent if self.relative else np.ones(2)
        table = np.zeros((len(self.skeleton.keypoints), 3))
        for source, target in self.columns:
            point = person.points[source] * scale
            if not person.flags[source]:
                continue
            if not (np.abs(point - extent / 2) <= extent / 2 + 1).all():
                report.skip('keypoint outside of its image', person.where)
                continue
            table[target] = *point, person.flags[source]
        labelled = table[:, 2] > 0
        if not labelled.any():
            report.skip('person without a labelled keypoint', person.where)
            return None
        box = person.bbox
        if box is not None:
            box = (np.array(box) * np.tile(scale, 2)).tolist()
        if not is_box(box):
            box = box_with_size(table[labelled, :2], size)
        assert box is not None
        entry = dict(
            category_id=1,
            bbox=box,
            area=float(box[2] * box[3]),
            iscrowd=int(person.iscrowd),
            keypoints=table.ravel().tolist(),
            num_keypoints=int(labelled.sum()))
        if person.track is not None:
            entry['track_id'] = self._track(person.track)
        return entry

    def _track(self, name: str) -> int:
        """Return the number of a track: its name, or its place."""
        if not self.tracks:
            names = list(dict.fromkeys(
                p.track for frame in self.video.frames for p in frame.people
                if p.track is not None))
            numbered = all(n.isdecimal() and len(n) < 10 for n in names)
            self.tracks.update({n: int(n) if numbered else i
                                for i, n in enumerate(names)})
        return self.tracks[name]


def box_with_size(points: np.ndarray, size: Tuple[int, int],
                  margin: float = MARGIN) -> List[float]:
    """Return a box around keypoints, even around a single one.

    Args:
        points (np.ndarray): (n, 2) pixels, at least one.
        size (tuple[int, int]): Width and height of the image.
        margin (float): Part of the extent to add on each side.

    Returns:
        list[float]: x, y, width, height, inside of the image.
    """
    low, high = points.min(0), points.max(0)
    side = np.maximum((1 + 2 * margin) * (high - low),
                      SMALLEST_BOX * max(size))
    middle, extent = (low + high) / 2, np.array(size, dtype=np.float64)
    low = np.clip(middle - side / 2, 0, extent - 1)
    high = np.clip(middle + side / 2, low + 1, extent)
    return [*low.tolist(), *(high - low).tolist()]


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
    merged: Dict[str, LabeledVideo] = {}
    origin: Dict[str, Tuple[LabelSet, str]] = {}
    for path, labels in zip(sources, sets):
        for video in labels.videos:
            if not video.frames:
                continue
            first = merged.setdefault(video.name, video)
            if first is not video:
                first.frames += video.frames
            origin.setdefault(video.name, (labels, path))
    notes = [note for labels in sets for note in labels.notes]
    if not merged:
        reasons = sorted({reason for s in sets for reason, _ in s.left_out})
        raise FormatError(f'{", ".join(sources)}: no labelled frame'
                          f'{": " if reasons else ""}{", ".join(reasons)}')
    columns = [_columns(labels.skeleton, skeleton, path, options.drop_unknown,
                        notes) for path, labels in zip(sources, sets)]
    folders = _folder_names(list(merged))
    splits = _splits(merged, folders, options, notes)
    frames = OwnFrames(dst, options.frames or beside(sources, options.format))
    frames.extract({folders[name]: v for name, v in merged.items()})
    key = json.dumps([
        skeleton.to_dict(), vars(frames.options), columns, options.format
    ], default=list)
    tasks: Dict[str, List[VideoTask]] = {split: [] for split in SPLITS}
    for number, (name, video) in enumerate(merged.items(), start=1):
        labels, path = origin[name]
        reader = _Reader(video, folders[name], number, skeleton,
                         columns[list(sources).index(path)], labels.relative,
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
        notes.append(f'{path}: nowhere labelled: {", ".join(absent)}')
    return [(i, wanted.keypoints.index(n))
            for i, n in enumerate(found.keypoints) if n in wanted.keypoints]


def _folder_names(names: Sequence[str]) -> Dict[str, str]:
    """Return a name for each video that can be that of a folder."""
    folders: Dict[str, str] = {}
    for name in names:
        safe = re.sub(r'[^\w.\-]+', '_', name).strip('._')[:100] or 'video'
        taken, number = set(folders.values()), 2
        folders[name] = safe
        while folders[name] in taken:
            folders[name] = f'{safe}_{number}'
            number += 1
    return folders


def _splits(videos: Dict[str, LabeledVideo], folders: Dict[str, str],
            options: ImportOptions, notes: List[str]) -> Dict[str, str]:
    """Return the split of each video: all of its frames are in one."""
    if options.val:
        chosen: Dict[str, str] = dict.fromkeys(videos, 'train')
        for pattern in options.val:
            found = [name for name in videos
                     if fnmatch.fnmatchcase(name, pattern)
                     or fnmatch.fnmatchcase(folders[name], pattern)]
            if not found:
                raise ValueError(
                    f'no video {pattern!r} to hold out; there are '
                    f'{", ".join(sorted(folders.values()))}')
            chosen.update(dict.fromkeys(found, 'val'))
        return chosen
    told = {
        name: [frame.split for frame in video.frames if frame.split]
        for name, video in videos.items()
    }
    if any(told.values()):
        mixed = [folders[n] for n, s in told.items() if len(set(s)) > 1]
        if mixed:
            notes.append(
                'the labels put frames of one video into several splits, '
                'which lets a model see what it is tested on; each video goes '
                f'to the split of most of its frames: {", ".join(mixed)}')
        return {name: max(SPLITS, key=splits.count) if splits else 'train'
                for name, splits in told.items()}
    count = min(round(options.val_share * len(videos)) or (
        options.val_share > 0), len(videos) - 1)
    if options.val_share > 0 and not count:
        notes.append('there is one video, and none is left to hold out: give '
                     'the labels of another, since frames of the same video '
                     'say nothing of others')
    order = np.random.default_rng(0).permutation(sorted(videos))
    held = set(order[:count].tolist())
    return {name: 'val' if name in held else 'train' for name in videos}


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
