"""Find the frames of a video and the neighbors of a frame on disk."""
import os.path as osp
import re
from functools import lru_cache
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

import numpy as np
from mmengine.fileio import list_dir_or_file

from .frame_choice import choose_frames

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.m4v', '.mpg', '.mpeg',
                  '.webm', '.wmv')
_NAME = re.compile(r'^(.*?)([0-9]+)$', re.S)
#: Longest frame number, so that it fits in 64 bits.
_MAX_DIGITS = 18


class FrameName(NamedTuple):
    """The name of a frame's file, taken apart.

    Attributes:
        prefix (str): What stands before the number.
        number (int): The frame's time in frames.
        suffix (str): The extension, in lower case.
    """

    prefix: str
    number: int
    suffix: str

    @property
    def series(self) -> Tuple[str, str]:
        """tuple[str, str]: Prefix and suffix, the same for all of a video."""
        return self.prefix, self.suffix


def parse_frame_name(path: str) -> Optional[FrameName]:
    """Take the name of an image file apart.

    Args:
        path (str): The file, with or without folders.

    Returns:
        FrameName: None if the name does not end in a number, is not that of
        an image, or is hidden (as macOS's ``._1.jpg``).
    """
    name = osp.basename(path.replace('\\', '/'))
    stem, suffix = osp.splitext(name)
    match = _NAME.match(stem)
    if (match is None or name.startswith('.')
            or suffix.lower() not in IMAGE_SUFFIXES
            or len(match.group(2)) > _MAX_DIGITS):
        return None
    return FrameName(match.group(1), int(match.group(2)), suffix.lower())


def frame_number(path: str) -> Optional[int]:
    """Return the number at the end of a file's name, None if it has none."""
    stem = osp.splitext(osp.basename(path.replace('\\', '/')))[0]
    match = _NAME.match(stem)
    if match is None or len(match.group(2)) > _MAX_DIGITS:
        return None
    return int(match.group(2))


def frame_series(names: Iterable[str]
                 ) -> Dict[Tuple[str, str], Dict[int, str]]:
    """Sort the images of a folder into videos.

    The frames of one video differ in their number only: ``cam1_0002.jpg`` is
    not a neighbor of ``cam2_0001.jpg``, nor ``1.jpg`` of ``2.png``.

    Args:
        names (Iterable[str]): Names of files; others than frames are left
            out.

    Returns:
        dict: From a series (what stands before the number, and the
        extension) to its file names by number. Of two names with one number,
        such as ``1.jpg`` and ``01.jpg``, the first in alphabetical order
        stays.
    """
    series: Dict[Tuple[str, str], Dict[int, str]] = {}
    for name in sorted(names):
        parsed = parse_frame_name(name)
        if parsed is not None:
            series.setdefault(parsed.series, {}).setdefault(
                parsed.number, name)
    return series


def only_series(names: Iterable[str], folder: str) -> Dict[int, str]:
    """Return the frames of a folder that holds a single video.

    Args:
        names (Iterable[str]): Names of its files.
        folder (str): The folder, for messages.

    Returns:
        dict[int, str]: File names by frame number, in ascending order; empty
        if there is no frame.

    Raises:
        ValueError: If the folder holds frames of several videos, or two with
            one number.
    """
    names = list(names)
    series = frame_series(names)
    if len(series) > 1:
        kinds = [
            f'{len(found)} as {found[min(found)]}'
            for _, found in sorted(
                series.items(), key=lambda item: -len(item[1]))
        ]
        raise ValueError(
            f'`{folder}` holds frames of {len(series)} videos '
            f'({", ".join(kinds[:3])}); put each into a folder of its own')
    found = next(iter(series.values()), {})
    for name in names:
        parsed = parse_frame_name(name)
        if parsed is not None and found[parsed.number] != name:
            raise ValueError(
                f'`{folder}` holds two frames with the number '
                f'{parsed.number}, {found[parsed.number]} and {name}; remove '
                'one of them')
    return dict(sorted(found.items()))


class FrameIndex:
    """The frames of the videos, by number.

    A video is a folder of images whose names end in the frame's number:
    ``000012.jpg`` (PoseTrack18 and 21), ``00000012.jpg`` (PoseTrack17, counted
    from 1), ``00012.png`` (JHMDB, counted from 1), ``img_12.jpg``. Numbers are
    read from the names, so no naming scheme has to be configured. A folder may
    hold several videos whose names differ in what stands before the number.
    Folders are listed once and remembered.

    Args:
        backend_args (dict, optional): MMEngine's file backend.
        max_folders (int): How many folders to remember. Defaults to 4096.
    """

    def __init__(self,
                 backend_args: Optional[dict] = None,
                 max_folders: int = 4096) -> None:
        self.backend_args = backend_args
        self.max_folders = max_folders
        self._reset_cache()

    def _reset_cache(self) -> None:
        self._series = lru_cache(self.max_folders)(self._list_series)

    def __getstate__(self) -> dict:
        # a cache does not travel to worker processes
        return {k: v for k, v in self.__dict__.items() if k != '_series'}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._reset_cache()

    def neighbors(self,
                   img_path: str,
                   offsets: np.ndarray,
                   policy: str = 'nearest',
                   unit: str = 'frame'
                   ) -> Tuple[List[str], np.ndarray, np.ndarray]:
        """Find the frames at some distances from a frame.

        Args:
            img_path (str): The key frame.
            offsets (np.ndarray): Wanted distances, shape (T, ).
            policy (str): What stands in for a frame that does not exist:
                ``'nearest'``, the nearest existing frame (of two, the one
                closer to the key frame), ``'fami'``, see
                :func:`fami_stand_ins`, or ``'error'``.
            unit (str): What the distances count: ``'frame'``, the numbers in
                the names, or ``'file'``, the files that exist. Defaults to
                'frame'.

        Returns:
            tuple:
            - paths (list[str]): T paths. The key frame is never checked: the
              loader reports it if it is missing.
            - offsets (np.ndarray): Distances of the frames taken, in the same
              unit, (T, ) int64.
            - valid (np.ndarray): False where a frame stands in, (T, ) bool.

        Raises:
            FileNotFoundError: If a frame is missing and ``policy='error'``.
            ValueError: If the path holds no frame number.
        """
        wanted = np.asarray(offsets, dtype=np.int64)
        if (wanted == 0).all():
            return ([img_path] * len(wanted), wanted,
                    np.ones(len(wanted), dtype=bool))
        parsed = parse_frame_name(img_path)
        if parsed is None:
            raise ValueError(
                f'`{img_path}` has no neighbors: it is not the name of an '
                'image that ends in a frame number. Rename the frames of a '
                'video to numbers, or use clips of one frame')
        folder, name = osp.split(img_path)
        names, numbers = self._series(folder).get(parsed.series,
                                                  ({}, np.array([], int)))
        key = parsed.number
        if names.get(key) != name:
            names = {**names, key: name}
            numbers = np.array(sorted(names))
        if unit == 'file':
            # the places of the frames take the part of their numbers
            times = np.arange(len(numbers))
            key = int(np.searchsorted(numbers, key))
        else:
            times = numbers
        places, exists = choose_frames(times, key + wanted, key,
                                       'nearest' if policy == 'error' else
                                       policy)
        taken = times[places]
        if policy == 'error' and not exists.all():
            missing = (key + wanted)[~exists].tolist()
            raise FileNotFoundError(
                f'frames {missing} of the clip around `{img_path}` do not '
                f'exist in `{folder}` ({len(numbers)} frames, '
                f'{times[0]} to {times[-1]}). Extract all frames, or set '
                "`missing_frames='nearest'`")
        paths = [
            osp.join(folder, names[number])
            for number in numbers[places].tolist()
        ]
        return paths, taken - key, exists

    def numbers(self, img_path: str) -> np.ndarray:
        """Return the numbers of all frames of a frame's video.

        Args:
            img_path (str): The frame.

        Returns:
            np.ndarray: Ascending numbers of the files that exist, (M, );
            empty if there is none or the path holds no frame number.
        """
        parsed = parse_frame_name(img_path)
        if parsed is None:
            return np.array([], dtype=np.int64)
        return self._series(osp.dirname(img_path)).get(
            parsed.series, ({}, np.array([], dtype=np.int64)))[1]

    def _list_series(self, folder: str) -> Dict[
            Tuple[str, str], Tuple[Dict[int, str], np.ndarray]]:
        """Return file names by number, and the sorted numbers, by series."""
        try:
            names = list(
                list_dir_or_file(
                    folder, list_dir=False, backend_args=self.backend_args))
        except FileNotFoundError:
            # The key frame is missing as well; the loader's error names it.
            return {}
        return {
            series: (found, np.array(sorted(found)))
            for series, found in frame_series(names).items()
        }
