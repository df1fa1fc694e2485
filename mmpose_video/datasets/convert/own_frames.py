"""Bring the frames of labeled videos into the layout of the package."""
import contextlib
import filecmp
import os
import os.path as osp
import shutil
import sys
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Dict, List, Optional, Sequence, Set, Tuple

import cv2

from mmpose_video.formats.drafts import draft_name, draft_of
from mmpose_video.formats.frame_index import (
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    frame_number,
)
from mmpose_video.formats.inner_path import inner_path
from mmpose_video.formats.json_file import atomic_file
from mmpose_video.formats.labels import LabeledVideo
from mmpose_video.formats.labels.image_groups import series_name
from mmpose_video.utils import Progress
from mmpose_video.utils.stated_frames import stated_frames

from .report import Report
from .video_frames import nothing, write_frames

NO_IMAGE = 'image that does not exist'
OUTSIDE = 'image name that leaves the image folder'
SEVERAL = 'image of whose name there are several'
BEYOND = 'label of a frame beyond the end of its video'
NO_VIDEO = 'video without its file or its images'


@dataclass
class FrameOptions:
    """Place of the frames, and how they get into the dataset.

    Attributes:
        images (str): Folder to which the images' names are relative.
        videos (str, optional): A video file, or a folder of them.
        around (int, optional): Of a video file, extract only frames at most
            this many from a labeled one. Defaults to None, all.
        copy (bool): Copy images in place of linking them.
            Defaults to False.
        basenames (bool): Look for images by the last part of their names,
            anywhere below ``images``. Defaults to False.
    """

    images: str
    videos: Optional[str] = None
    around: Optional[int] = None
    copy: bool = False
    basenames: bool = False


@dataclass
class _Extracted:
    """A video file, and what came of it.

    Attributes:
        path (str): The file.
        count (int): Number of its frames, as far as they were read.
        problem (str): What prevented it, '' for nothing.
        loss (str): What of it could not be decoded, '' for nothing.
    """

    path: str
    count: int = 0
    problem: str = ''
    loss: str = ''


@dataclass
class OwnFrames:
    """Give each labeled video a folder ``images/<video>`` in the dataset.

    Args:
        dst (str): Folder of the dataset.
        options (FrameOptions): Where the frames are.
    """

    dst: str
    options: FrameOptions
    _extracted: Dict[str, _Extracted] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._series = lru_cache(16)(self._list)
        self._files: Optional[Dict[str, List[str]]] = None

    def extract(self, videos: Dict[str, LabeledVideo]) -> None:
        """Extract the frames of all videos that have a file.

        Args:
            videos (dict[str, LabeledVideo]): By the names of their folders.
        """
        found = {name: path for name, video in videos.items()
                 if (path := self._video_file(name, video, len(videos)))}
        total = sum(stated_frames(path) for path in found.values())
        progress = Progress('frames', total, sys.stdout) if found else None
        for name, path in found.items():
            numbers = {frame.number for frame in videos[name].frames}
            self._extracted[name] = self._extract(name, path, numbers,
                                                  progress)
        if progress is not None:
            progress.close()

    def provide(self, name: str, video: LabeledVideo,
                report: Report) -> Tuple[List[Optional[str]], int]:
        """Put a video's frames into the dataset.

        Args:
            name (str): Name of the video's folder.
            video (LabeledVideo): Its labels.
            report (Report): Takes what is missing.

        Returns:
            tuple[list[str | None], int]: For each labeled frame its file
            name relative to the dataset, None if it is missing; and the
            number of the video's frames.

        Raises:
            OSError: If the video's file cannot be decoded.
        """
        folder = osp.join('images', name)
        if name in self._extracted:
            made = self._extracted[name]
            if made.problem:
                raise OSError(made.problem)
            there = self._numbers(folder)
            if made.loss:
                report.skip('part of a video that cannot be decoded',
                            made.loss)
            for frame in video.frames:
                if frame.number not in there:
                    report.fault(BEYOND, f'frame {frame.number} of '
                                 f'{made.path}, which has {made.count}')
            return [there.get(f.number) for f in video.frames], len(there)
        if video.embedded is not None:
            return self._embedded(folder, video)
        if not any(frame.image for frame in video.frames):
            report.lose(name, f'neither a video file {video.file or name} '
                        'below the folder of --videos nor images', NO_VIDEO)
            return [None] * len(video.frames), 0
        return self._link(folder, video, report)

    def _video_file(self, name: str, video: LabeledVideo,
                    count: int) -> Optional[str]:
        """Return the file of a video, None if there is none."""
        where = self.options.videos
        if where is None:
            return None
        if osp.isfile(where):
            if count > 1 and not _same(where, name, video):
                return None
            return where
        if self._files is None:
            self._files = {}
            for place, _, names in sorted(os.walk(where)):
                for file in sorted(names):
                    stem, suffix = osp.splitext(file)
                    if suffix.lower() in VIDEO_SUFFIXES:
                        self._files.setdefault(stem.lower(), []).append(
                            osp.join(place, file))
        for wanted in _stems(name, video):
            found = self._files.get(wanted.lower(), [])
            if len(found) > 1:
                raise ValueError(
                    f'there are {len(found)} videos named {wanted}: '
                    f'{", ".join(found[:3])}; name one folder with --videos')
            if found:
                return found[0]
        return None

    def _extract(self, name: str, path: str, numbers: Set[int],
                 progress: Optional[Progress]) -> _Extracted:
        """Extract a video unless its frames are there."""
        folder = osp.join(self.dst, 'images', name)
        there = self._numbers(osp.join('images', name))
        around = self.options.around
        keep = None
        if around is not None:
            keep = {n + d for n in numbers
                    for d in range(-around, around + 1)}
        if there and (numbers if keep is None else keep) <= set(there) | {
                n for n in (keep or ()) if n < 0}:
            return _Extracted(path, len(there))
        try:
            count, loss = write_frames(
                path, folder, keep,
                nothing if progress is None else progress.update)
        except (OSError, ValueError) as error:
            return _Extracted(path, problem=str(error))
        return _Extracted(path, count, loss=loss)

    def _numbers(self, folder: str) -> Dict[int, str]:
        """Return the frames of a folder of the dataset by number."""
        try:
            names = sorted(os.listdir(osp.join(self.dst, folder)))
        except OSError:
            return {}
        return {
            number: f'{folder}/{name}'.replace(os.sep, '/')
            for name in names if name.lower().endswith(IMAGE_SUFFIXES)
            and (number := frame_number(name)) is not None
        }

    def _embedded(self, folder: str, video: LabeledVideo
                  ) -> Tuple[List[Optional[str]], int]:
        """Write the images that the file of labels holds."""
        assert video.embedded is not None
        names: List[Optional[str]] = []
        for frame in video.frames:
            name = f'{folder}/{frame.number:06d}.png'.replace(os.sep, '/')
            data = cv2.imencode('.png', video.embedded(frame.number))[1]
            with atomic_file(osp.join(self.dst, name)) as file:
                file.write(data.tobytes())
            names.append(name)
        return names, len(self._numbers(folder))

    def _link(self, folder: str, video: LabeledVideo,
              report: Report) -> Tuple[List[Optional[str]], int]:
        """Link the images of a video, those without labels as well."""
        paths = [self._image(frame.image, report) for frame in video.frames]
        wanted = {frame.number: path
                  for frame, path in zip(video.frames, paths) if path}
        for place in sorted({osp.dirname(path) for path in wanted.values()}):
            series = {series_name(osp.basename(path))
                      for path in wanted.values()
                      if osp.dirname(path) == place}
            for name in sorted(series):
                for number, path in self._series(place).get(name, {}).items():
                    wanted.setdefault(number, path)
        found: Dict[int, str] = {}
        os.makedirs(osp.join(self.dst, folder), exist_ok=True)
        for number, path in sorted(wanted.items()):
            suffix = osp.splitext(path)[1].lower()
            name = f'{folder}/{number:06d}{suffix}'.replace(os.sep, '/')
            _place(path, osp.join(self.dst, name), self.options.copy)
            found[number] = name
        return [found[frame.number] if path else None
                for frame, path in zip(video.frames, paths)], len(found)

    def _image(self, name: str, report: Report) -> Optional[str]:
        """Return the path of a labeled image, None if it is not there."""
        root = self.options.images
        if self.options.basenames:
            base = name.replace('\\', '/').rsplit('/', 1)[-1]
            found = self._by_name().get(base, [])
            if len(found) > 1:
                report.fault(SEVERAL, f'{base}: {", ".join(found[:3])}')
            elif not found:
                report.fault(NO_IMAGE, osp.join(root, base))
            return found[0] if len(found) == 1 else None
        try:
            path = inner_path(root, name.replace('\\', '/'), 'labels')
        except ValueError:
            report.fault(OUTSIDE, f'{name} (--basenames looks for its last '
                         'part)')
            return None
        if not osp.isfile(path):
            report.fault(NO_IMAGE, path)
            return None
        return path

    @lru_cache(1)  # noqa: B019  one for each import
    def _by_name(self) -> Dict[str, List[str]]:
        """Return all images below the root by the last part of the name."""
        found: Dict[str, List[str]] = {}
        for place, _, names in sorted(os.walk(self.options.images)):
            for name in sorted(names):
                found.setdefault(name, []).append(osp.join(place, name))
        return found

    @staticmethod
    def _list(folder: str) -> Dict[str, Dict[int, str]]:
        """Return the images of a folder by series and number."""
        series: Dict[str, Dict[int, str]] = {}
        for name in sorted(os.listdir(folder)):
            number = frame_number(name)
            if name.lower().endswith(IMAGE_SUFFIXES) and number is not None:
                series.setdefault(series_name(name), {}).setdefault(
                    number, osp.join(folder, name))
        return series

    def __hash__(self) -> int:
        return id(self)


def _stems(name: str, video: LabeledVideo) -> Sequence[str]:
    """Return the names under which a video's file may be found."""
    file = video.file.replace('\\', '/').rsplit('/', 1)[-1]
    return [stem for stem in dict.fromkeys(
        [osp.splitext(file)[0] if file.lower().endswith(VIDEO_SUFFIXES)
         else file, video.name.rsplit('/', 1)[-1], name]) if stem]


def _same(path: str, name: str, video: LabeledVideo) -> bool:
    stem = osp.splitext(osp.basename(path))[0].lower()
    return stem in [wanted.lower() for wanted in _stems(name, video)]


def _place(source: str, target: str, copy: bool) -> None:
    """Link or copy a file.

    Raises:
        ValueError: If another file of that name is there, which is no link.
    """
    if osp.exists(target):
        if osp.samefile(source, target) or filecmp.cmp(source, target):
            return
        if not osp.islink(target):
            raise ValueError(f'{target} is another image than {source}; '
                             'choose another folder or remove it')
    if not copy and _link(osp.abspath(source), target):
        return
    with draft_of(target) as draft:
        shutil.copyfile(source, draft)


def _link(source: str, target: str) -> bool:
    """Make or replace a link; return False where that needs a permission."""
    draft = draft_name(target)
    try:
        os.symlink(source, draft)
        os.replace(draft, target)
    except OSError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(draft)
    return True
