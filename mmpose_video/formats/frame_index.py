"""Find the neighbours of a frame on disk."""
import os.path as osp
import re
from functools import lru_cache
from typing import Dict, List, Optional, Tuple

import numpy as np
from mmengine.fileio import list_dir_or_file

_NUMBER = re.compile(r'^(.*?)(\d+)$')
IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp')


class FrameIndex:
    """The frames of the videos, by number.

    A video is a folder of images whose names end in the frame's number:
    ``000012.jpg`` (PoseTrack18 and 21), ``00000012.jpg`` (PoseTrack17, counted
    from 1), ``00012.png`` (JHMDB, counted from 1), ``img_12.jpg``. Numbers are
    read from the names, so no naming scheme has to be configured, and a
    neighbour is one that is there. Folders are listed once and remembered.

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
        self._frames = lru_cache(self.max_folders)(self._list_frames)

    def __getstate__(self) -> dict:
        # a cache does not travel to worker processes
        return {k: v for k, v in self.__dict__.items() if k != '_frames'}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._reset_cache()

    def neighbours(self,
                   img_path: str,
                   offsets: np.ndarray,
                   policy: str = 'nearest'
                   ) -> Tuple[List[str], np.ndarray, np.ndarray]:
        """Paths of the frames at some distances from a frame.

        Args:
            img_path (str): The key frame.
            offsets (np.ndarray): Wanted distances in frames, shape (T, ).
            policy (str): What stands in for a frame that does not exist:
                ``'nearest'``, the nearest existing frame (of two, the one
                closer to the key frame), or ``'error'``.

        Returns:
            tuple:
            - paths (list[str]): T paths. The key frame is never checked: the
              loader reports it if it is missing.
            - offsets (np.ndarray): Distances of the frames taken, (T, ) int64.
            - valid (np.ndarray): False where a frame stands in, (T, ) bool.

        Raises:
            FileNotFoundError: If a frame is missing and ``policy='error'``.
            ValueError: If the path holds no frame number.
        """
        key = frame_number(img_path)
        folder = osp.dirname(img_path)
        wanted = np.asarray(offsets, dtype=np.int64)
        if (wanted == 0).all():
            return ([img_path] * len(wanted), wanted,
                    np.ones(len(wanted), dtype=bool))
        if key is None:
            raise ValueError(
                f'`{img_path}` has no neighbours: its name does not end in a '
                'frame number. Rename the frames of a video to numbers, or '
                'use clips of one frame')

        names, numbers = self._frames(folder)
        if names.get(key) != osp.basename(img_path):
            names = {**names, key: osp.basename(img_path)}
            numbers = np.array(sorted(names))
        taken = key + wanted
        if not all(number in names for number in taken.tolist()):
            taken = np.array(
                [nearest_frame(numbers, number, key) for number in taken])
        valid = taken == key + wanted
        if policy == 'error' and not valid.all():
            missing = (key + wanted)[~valid].tolist()
            raise FileNotFoundError(
                f'frames {missing} of the clip around `{img_path}` do not '
                f'exist in `{folder}` ({len(numbers)} frames, '
                f'{numbers[0]} to {numbers[-1]}). Extract all frames, or set '
                "`missing_frames='nearest'`")
        paths = [osp.join(folder, names[number]) for number in taken.tolist()]
        return paths, taken - key, valid

    def _list_frames(self, folder: str) -> Tuple[Dict[int, str], np.ndarray]:
        """File names in a folder by frame number, and the sorted numbers."""
        names = {}
        try:
            listing = list(
                list_dir_or_file(
                    folder, list_dir=False, backend_args=self.backend_args))
        except FileNotFoundError:
            # The key frame is missing as well; the loader's error names it.
            return {}, np.array([])
        for name in listing:
            number = frame_number(name)
            if number is not None and name.lower().endswith(IMAGE_SUFFIXES):
                names[number] = name
        return names, np.array(sorted(names))


def frame_number(path: str) -> Optional[int]:
    """The number at the end of a file's name; None if there is none."""
    stem = osp.splitext(osp.basename(path))[0]
    match = _NUMBER.match(stem)
    return int(match.group(2)) if match else None


def nearest_frame(numbers: np.ndarray, wanted: int, key: int) -> int:
    """The existing number nearest to the wanted one; ties go to the key."""
    distance = np.abs(numbers - wanted)
    candidates = numbers[distance == distance.min()]
    return int(candidates[np.argmin(np.abs(candidates - key))])
