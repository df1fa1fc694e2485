"""Make a drawn video that browsers play."""
import contextlib
import os
from pathlib import Path
from typing import Optional

import cv2

from mmpose_video.utils.stated_frames import stated_frames
from mmpose_video.visualization.opencv_encoder import mp4_frame_rate
from mmpose_video.visualization.video_file import check_backend

#: Text of the page where no codec for browsers is installed.
NOT_PLAYABLE = ('Browsers do not play this video (MPEG-4 Part 2); download '
                'it, or install PyAV on the server: `pip install '
                '"mmpose_video[video]"`')


def video_backend() -> str:
    """Return the backend to write the video: PyAV (H.264) if installed."""
    try:
        check_backend('pyav')
    except ImportError:
        return 'opencv'
    return 'pyav'


def make_playable(path: Path, backend: str) -> Optional[str]:
    """Encode a video again as VP9 if OpenCV has written it.

    Args:
        path (Path): An mp4; replaced by one that browsers play, if OpenCV
            can write one.
        backend (str): What has written it.

    Returns:
        str, optional: What to say if browsers do not play it.
    """
    if backend == 'pyav':
        return None
    draft = path.with_name(f'{path.stem}.vp9.mp4')
    try:
        if _encode(path, draft):
            os.replace(draft, path)
            return None
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    return NOT_PLAYABLE


def _encode(source: Path, target: Path) -> bool:
    """Write all frames with VP9, and return whether that worked."""
    capture = cv2.VideoCapture(str(source))
    size = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    fps = mp4_frame_rate(capture.get(cv2.CAP_PROP_FPS))
    writer = cv2.VideoWriter(
        str(target), cv2.VideoWriter.fourcc(*'vp09'), fps, size)
    count = 0
    try:
        if not writer.isOpened():
            return False
        while True:
            read, image = capture.read()
            if not read:
                break
            writer.write(image)
            count += 1
    finally:
        capture.release()
        writer.release()
    return stated_frames(str(target)) == count > 0
