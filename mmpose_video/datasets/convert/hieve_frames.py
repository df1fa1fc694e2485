"""Turn HiEve's videos into images."""
import glob
import itertools
import os
import os.path as osp
import shutil
import sys
from typing import Iterable

import cv2

from mmpose_video.datasets.loading.video_reader import VideoFrame, VideoReader
from mmpose_video.utils import Progress

from .report import Report

VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv')
QUALITY = 95


def extract_frames(src: str, dst: str, report: Report) -> None:
    """Write the frames of all videos that are not there yet.

    A folder appears under its name when it is whole. A frame that cannot be
    decoded is left out; those that follow keep their numbers.

    Args:
        src (str): Folder with ``videos``, possibly with ``train`` and
            ``test`` in it.
        dst (str): Frames go to ``images/<video>/000000.jpg`` in it.
        report (Report): Takes the videos that cannot be decoded.

    Raises:
        FileNotFoundError: If there is no video.
        OSError: If an image cannot be written.
    """
    root = glob.escape(osp.join(src, 'videos'))
    paths = sorted(
        path for path in glob.glob(osp.join(root, '**', '*'), recursive=True)
        if path.lower().endswith(VIDEO_SUFFIXES))
    if not paths:
        raise FileNotFoundError(f'no video in `{osp.join(src, "videos")}`')
    progress = Progress('videos', len(paths), sys.stdout)
    for path in paths:
        name = osp.splitext(osp.basename(path))[0]
        folder = osp.join(dst, 'images', name)
        if not osp.isdir(folder):
            _extract(path, folder, report)
        progress.update()
    progress.close()


def _extract(path: str, folder: str, report: Report) -> None:
    """Write the frames of a video, or report why there are none."""
    try:
        reader = VideoReader(path)
        frames = iter(reader)
        first = list(itertools.islice(frames, 1))
        reason = '' if first else f'`{path}` holds no frame'
    except OSError as error:
        reason = str(error)
    if reason:
        report.lose(path, reason, 'video that cannot be decoded')
        return
    _write(itertools.chain(first, frames), folder)
    if reader.loss():
        report.skip('part of a video that cannot be decoded', reader.loss())


def _write(frames: Iterable[VideoFrame], folder: str) -> None:
    """Write frames under their numbers; the folder appears when it is whole.

    Raises:
        OSError: If an image cannot be written.
    """
    draft = f'{folder}.part'
    shutil.rmtree(draft, ignore_errors=True)
    os.makedirs(draft)
    for number, image, _ in frames:
        target = osp.join(draft, f'{number:06d}.jpg')
        if not cv2.imwrite(target, image,
                           [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
            raise OSError(f'`{target}` cannot be written')
    os.replace(draft, folder)
