"""Turn HiEve's videos into images."""
import glob
import os
import os.path as osp
import shutil
import sys
from typing import List

import cv2

from mmpose_video.utils import Progress

VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv')
QUALITY = 95


def extract_frames(src: str, dst: str) -> List[str]:
    """Write the frames of all videos that are not there yet.

    A folder appears under its name when it is whole.

    Args:
        src (str): Folder with ``videos``, possibly with ``train`` and
            ``test`` in it.
        dst (str): Frames go to ``images/<video>/000000.jpg`` in it.

    Returns:
        list[str]: The folders of the frames.

    Raises:
        FileNotFoundError: If there is no video.
        ValueError: If a video cannot be decoded.
    """
    root = glob.escape(osp.join(src, 'videos'))
    paths = sorted(
        path for path in glob.glob(osp.join(root, '**', '*'), recursive=True)
        if path.lower().endswith(VIDEO_SUFFIXES))
    if not paths:
        raise FileNotFoundError(f'no video in `{osp.join(src, "videos")}`')
    progress, folders = Progress('videos', len(paths), sys.stdout), []
    for path in paths:
        name = osp.splitext(osp.basename(path))[0]
        folders.append(osp.join(dst, 'images', name))
        if not osp.isdir(folders[-1]):
            _extract(path, folders[-1])
        progress.update()
    progress.close()
    return folders


def _extract(path: str, folder: str) -> None:
    draft = f'{folder}.part'
    shutil.rmtree(draft, ignore_errors=True)
    os.makedirs(draft)
    video, count = cv2.VideoCapture(path), 0
    try:
        while True:
            there, frame = video.read()
            if not there:
                break
            target = osp.join(draft, f'{count:06d}.jpg')
            if not cv2.imwrite(target, frame,
                               [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
                raise OSError(f'`{target}` cannot be written')
            count += 1
    finally:
        video.release()
    if not count:
        shutil.rmtree(draft, ignore_errors=True)
        raise ValueError(f'`{path}` cannot be decoded by this OpenCV')
    os.replace(draft, folder)
