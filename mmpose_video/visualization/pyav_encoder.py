"""Encode H.264 videos with PyAV."""
import contextlib
from fractions import Fraction
from typing import Any, Iterator, Optional, Tuple

import cv2
import numpy as np

# ticks per second of the times of frames, as usual in mp4
_TICKS = 90000


class PyavEncoder:
    """Encode H.264, which browsers play, with the true times of the frames.

    Sides of an odd length are scaled to the next even one, since the format
    stores colors for blocks of 2 x 2 pixels.

    Args:
        path (str): The file.
        fps (float): Frames per second, for frames without a time.
        size (tuple[int, int]): Width and height of the frames.

    Raises:
        ImportError: If PyAV is not installed.
        OSError: If the file cannot be written.
    """

    def __init__(self, path: str, fps: float, size: Tuple[int, int]) -> None:
        av = import_av()
        self._av = av
        self._fps = fps if np.isfinite(fps) and fps > 0 else 25.
        self._size = (size[0] + size[0] % 2, size[1] + size[1] % 2)
        # the index first, so that a browser can start before the end
        with self._os_errors():
            self._container = av.open(
                path, 'w', options={'movflags': 'faststart'})
        self._stream = self._container.add_stream(
            'libx264',
            rate=Fraction(self._fps).limit_denominator(1001),
            # as fast as OpenCV's mp4v, at its quality and a smaller size; the
            # next slower presets halve the size for twice the time
            options={'preset': 'ultrafast', 'crf': '23'})
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = 'yuv420p'
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        # the model needs the other cores
        self._stream.codec_context.thread_count = 1
        self._last = -1
        self._count = 0

    def write(self, image: np.ndarray, time: Optional[float] = None) -> None:
        """Add a frame.

        Args:
            image (np.ndarray): (H, W, 3), uint8, BGR.
            time (float, optional): Its time in seconds from the first frame.
                Defaults to None, the number of the frame over ``fps``.

        Raises:
            OSError: If the frame cannot be written.
        """
        if (image.shape[1], image.shape[0]) != self._size:
            image = cv2.resize(image, self._size)
        # OpenCV converts the colors faster than FFmpeg
        frame = self._av.VideoFrame.from_ndarray(
            cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), format='yuv420p')
        seconds = self._count / self._fps if time is None else time
        self._last = max(round(seconds * _TICKS), self._last + 1)
        frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
        with self._os_errors():
            self._container.mux(self._stream.encode(frame))
        self._count += 1

    def close(self) -> None:
        """Finish the file.

        Raises:
            OSError: If it cannot be written.
        """
        with self._os_errors(), contextlib.closing(self._container):
            self._container.mux(self._stream.encode(None))

    @contextlib.contextmanager
    def _os_errors(self) -> Iterator[None]:
        """Make FFmpeg's errors OSErrors.

        Some are none, such as that of x264, whose sides have at most 16384
        pixels.
        """
        try:
            yield
        except self._av.error.FFmpegError as error:
            raise OSError(f'FFmpeg cannot write it: {error}') from error


def import_av() -> Any:
    """Return the module of PyAV.

    Raises:
        ImportError: If it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise ImportError(
            'videos are read and written by PyAV only where it is installed: '
            '`pip install "mmpose_video[video]"`') from error
    return av
