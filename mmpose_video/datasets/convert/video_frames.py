"""Turn video files into folders of images."""
import os
import os.path as osp
import re
from typing import Callable, Collection, Optional, Tuple

import cv2

from mmpose_video.datasets.loading.video_reader import VideoReader
from mmpose_video.formats.drafts import draft_of
from mmpose_video.utils.opencv_path import opencv_path

QUALITY = 95
_FRAME = re.compile(r'[0-9]{6,}\.jpg')


def nothing() -> None:
    """Stand in for a progress bar."""


def write_frames(path: str, folder: str,
                 keep: Optional[Collection[int]] = None,
                 done: Callable[[], None] = nothing) -> Tuple[int, str]:
    """Write the frames of a video as ``000000.jpg`` and so on.

    The folder appears under its name when it is whole, in place of an earlier
    one with nothing but such frames. A frame that cannot be decoded is left
    out; those that follow keep their numbers.

    Args:
        path (str): The video.
        folder (str): The folder.
        keep (Collection[int], optional): Numbers of the frames to write;
            reading ends behind the last. Defaults to None, all.
        done (Callable): Called after each frame.

    Returns:
        tuple[int, str]: The number of frames of the video, as far as it was
        read, and what could not be decoded, '' for nothing.

    Raises:
        FileExistsError: If the folder holds other files.
        OSError: If the video cannot be decoded, or an image not be written.
    """
    _check_replaceable(folder)
    reader = VideoReader(path)
    end, last = 0, None if keep is None else max(keep, default=-1)
    wanted = None if keep is None else frozenset(keep)
    with draft_of(folder, folder=True) as draft:
        for number, image, _ in reader:
            end = number + 1
            if wanted is None or number in wanted:
                target = osp.join(draft, f'{number:06d}.jpg')
                if not cv2.imwrite(opencv_path(target), image,
                                   [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
                    raise OSError(f'`{target}` cannot be written')
            done()
            if last is not None and number >= last:
                break
        if not end:
            raise OSError(f'`{path}` holds no frame')
    whole = last is None or end <= last
    return end, reader.loss() if whole else ''


def _check_replaceable(folder: str) -> None:
    """Raise unless a folder holds nothing but frames of this module."""
    if not osp.isdir(folder):
        return
    for name in sorted(os.listdir(folder)):
        if not _FRAME.fullmatch(name) or osp.islink(osp.join(folder, name)):
            raise FileExistsError(
                f'`{folder}` holds {name}, which was not extracted from a '
                'video, and would be replaced; choose another folder or '
                'remove it')
