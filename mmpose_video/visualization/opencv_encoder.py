"""Encode mp4 videos with OpenCV."""
from typing import Optional, Tuple

import cv2
import numpy as np

from mmpose_video.utils.opencv_path import opencv_path

# mp4v stores a frame rate as a fraction whose numerator has 16 bits
_MAX_NUMERATOR = 65535


class OpencvEncoder:
    """Encode MPEG-4 Part 2 at a constant frame rate.

    Many players show it, browsers do not.

    Args:
        path (str): The file.
        fps (float): Frames per second.
        size (tuple[int, int]): Width and height of the frames.

    Raises:
        OSError: If OpenCV cannot write such a video.
    """

    def __init__(self, path: str, fps: float, size: Tuple[int, int]) -> None:
        fps = mp4_frame_rate(fps)
        self._writer = cv2.VideoWriter(
            opencv_path(path), cv2.VideoWriter.fourcc(*'mp4v'), fps, size)
        if not self._writer.isOpened():
            raise OSError(f'OpenCV has no mp4 writer for {size[0]} x '
                          f'{size[1]} at {fps:g} frames/s')

    def write(self, image: np.ndarray, time: Optional[float] = None) -> None:
        """Add a frame.

        Args:
            image (np.ndarray): (H, W, 3), uint8, BGR.
            time (float, optional): Ignored: the rate is constant.
        """
        self._writer.write(np.ascontiguousarray(image))

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()


def mp4_frame_rate(fps: float) -> float:
    """Round a frame rate to what OpenCV's mp4 writer takes.

    OpenCV writes a rate as an integer over the first power of ten that is
    exact to 0.001, and the mp4v codec takes numerators of up to 65535. The
    mean rate 112.2369 would be 112237 / 1000, so it is rounded to
    11224 / 100.

    Args:
        fps (float): Frames per second.

    Returns:
        float: The nearest rate that can be written; 25 for no valid rate.
    """
    if not np.isfinite(fps) or fps <= 0:
        return 25.
    for digits in (3, 2, 1):
        if fps * 10**digits <= _MAX_NUMERATOR:
            return max(round(fps, digits), 0.01)
    return float(min(round(fps), _MAX_NUMERATOR))
