"""Write frames to an mp4."""
import contextlib
import os
import os.path as osp
from typing import Optional, Tuple

import cv2
import numpy as np
from mmengine.logging import print_log

# mp4v stores a frame rate as a fraction whose numerator has 16 bits
_MAX_NUMERATOR = 65535


class VideoFile:
    """An mp4 that gets its name when it is complete.

    A picture that cannot be written never stops a run: a warning says so once
    and the frames that follow are dropped.

    Args:
        path (str): The file; missing folders are created.
        fps (float): Frames per second.

    Attributes:
        failed (bool): Whether the file cannot be written.
    """

    def __init__(self, path: str, fps: float) -> None:
        self.path = path
        self.fps = mp4_frame_rate(fps)
        stem, suffix = osp.splitext(path)
        # OpenCV takes the container from the suffix
        self._draft = f'{stem}.{os.getpid()}.part{suffix}'
        self._writer: Optional[cv2.VideoWriter] = None
        self._size: Tuple[int, int] = (0, 0)
        self._count = 0
        self.failed = False

    def append(self, image: np.ndarray) -> None:
        """Add a frame.

        Args:
            image (np.ndarray): (H, W, 3), uint8, BGR. A frame of another size
                than the first is scaled to it.
        """
        if self.failed:
            return
        try:
            if self._writer is None:
                self._open((image.shape[1], image.shape[0]))
            assert self._writer is not None
            if (image.shape[1], image.shape[0]) != self._size:
                image = cv2.resize(image, self._size)
            self._writer.write(np.ascontiguousarray(image))
            self._count += 1
        except (OSError, cv2.error) as error:
            self._fail(str(error))

    def _open(self, size: Tuple[int, int]) -> None:
        """Open the writer for frames of a size."""
        os.makedirs(osp.dirname(osp.abspath(self.path)), exist_ok=True)
        self._size = size
        self._writer = cv2.VideoWriter(
            self._draft, cv2.VideoWriter.fourcc(*'mp4v'), self.fps, size)
        if not self._writer.isOpened():
            raise OSError(f'OpenCV has no mp4 writer for {size[0]} x '
                          f'{size[1]} at {self.fps:g} frames/s')

    def _fail(self, why: str) -> None:
        """Give up the video, and say so."""
        self.failed = True
        print_log(
            f'cannot write the video `{self.path}`: {why}. The results go on '
            'without it', 'current', 30)

    def close(self) -> None:
        """Finish the file and give it its name."""
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        try:
            if not self.failed and self._is_complete():
                os.replace(self._draft, self.path)
            elif not self.failed:
                self._fail('it is not complete; is the disk full?')
        except OSError as error:
            self._fail(str(error))
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._draft)

    def _is_complete(self) -> bool:
        """Return whether all frames are there: OpenCV reports no error."""
        capture = cv2.VideoCapture(self._draft)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.release()
        return count == self._count


def mp4_frame_rate(fps: float) -> float:
    """Round a frame rate to what OpenCV's mp4 writer takes.

    OpenCV writes a rate as an integer over the first power of ten that is
    exact to 0.001, and the mp4v codec takes numerators of up to 65535. The
    mean rate 112.2369 would be 112237 / 1000, so it is rounded to
    11224 / 100.

    Args:
        fps (float): Frames per second.

    Returns:
        float: The nearest rate that can be written.
    """
    if not np.isfinite(fps) or fps <= 0:
        return 25.
    for digits in (3, 2, 1):
        if fps * 10**digits <= _MAX_NUMERATOR:
            return max(round(fps, digits), 0.01)
    return float(min(round(fps), _MAX_NUMERATOR))
