"""Turn HiEve's videos into images."""
import glob
import os.path as osp
import sys

from mmpose_video.formats.frame_index import VIDEO_SUFFIXES
from mmpose_video.utils import Progress

from .report import Report
from .video_frames import write_frames


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
        _, loss = write_frames(path, folder)
    except OSError as error:
        report.lose(path, str(error), 'video that cannot be decoded')
        return
    if loss:
        report.skip('part of a video that cannot be decoded', loss)
