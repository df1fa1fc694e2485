"""Read video files and cameras with OpenCV, over frames that are broken."""
import os.path as osp
from typing import Iterator, NamedTuple, Optional, Union

import cv2
import numpy as np

from mmpose_video.utils.opencv_path import opencv_path

# how many reads may fail in a row: before the claimed end of a file, where
# the end is not known, and of a camera, which blocks for seconds each time
_TRIES_OF_FILE = 10000
_TRIES_OF_STREAM = 10
_TRIES_OF_CAMERA = 3


class VideoFrame(NamedTuple):
    """A decoded frame.

    Attributes:
        number (int): Its number in the video, from 0.
        image (np.ndarray): Shape (H, W, 3), uint8, BGR.
        time (float): Time stamp in milliseconds.
    """

    number: int
    image: np.ndarray
    time: float


class VideoReader:
    """The frames of a video that can be decoded, with their numbers.

    A frame that cannot be decoded is left out, and its number with it: the
    frames that follow keep theirs.

    Args:
        target (str | int): Path or address, or index of a camera.

    Attributes:
        is_file (bool): Whether the target is a file.
        live (bool): Whether the target is a camera.
        fps (float, optional): Frames per second that the header states.
        total (int, optional): Number of frames that it states.
        count (int): Number of frames that were read.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If OpenCV cannot open it.
    """

    def __init__(self, target: Union[str, int]) -> None:
        self.target = target
        self.live = isinstance(target, int)
        self.is_file = isinstance(target, str) and '://' not in target
        self.count = 0
        if self.is_file and not osp.isfile(str(target)):
            hint = (f'; for a camera write webcam:{target}'
                    if str(target).isdigit() else '')
            raise FileNotFoundError(f'there is no video `{target}`{hint}')
        self._last_time = 0.  # milliseconds
        self._capture = cv2.VideoCapture(
            opencv_path(target) if isinstance(target, str) else target)
        if not self._capture.isOpened():
            if self.live:
                raise OSError(f'OpenCV cannot open camera {target}; is it '
                              'connected, and not in use by another program?')
            if not self.is_file:
                raise OSError(f'OpenCV cannot open the address `{target}`; '
                              'can it be reached, and is it a video?')
            raise OSError(f'OpenCV cannot open the video `{target}`; is it a '
                          f'complete video? {self.way_out()}')
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        total = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.fps: Optional[float] = (
            fps if np.isfinite(fps) and fps > 0 else None)
        self.total = total if total > 0 and not self.live else None

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield the frames; can be called once.

        Raises:
            OSError: If the video has frames and none can be decoded.
        """
        number = failed = 0
        try:
            while failed < self._tries(number):
                read, image = self._capture.read()
                if not read:
                    failed += 1
                    continue
                time = self._capture.get(cv2.CAP_PROP_POS_MSEC)
                if failed and self.count:
                    number = self._after_gap(number, failed, time)
                elif failed:
                    number = failed
                failed = 0
                self.count += 1
                yield VideoFrame(number, image, time)
                self._last_time = time
                number += 1
            if not self.count and self.total is not None:
                raise OSError(
                    f'OpenCV decodes none of the {self.total} frames of '
                    f'`{self.target}` (codec {self._codec()}). '
                    f'{self.way_out()}')
        finally:
            self._capture.release()

    def loss(self) -> str:
        """Describe which frames could not be decoded, after the last frame.

        Returns:
            str: Empty if all that the header states were read, or it states
            nothing.
        """
        if self.total is None or self.count >= self.total:
            return ''
        return (f'`{self.target}`: {self.count} of the {self.total} frames '
                'that it claims to have can be decoded, and those are used. '
                f'{self.way_out()}')

    def way_out(self) -> str:
        """Return what to do about a video that OpenCV cannot read."""
        return ('If other players can show it, convert it: `ffmpeg -i '
                f'{self.target} -c:v libx264 -pix_fmt yuv420p OUT.mp4`')

    def _tries(self, number: int) -> int:
        """Return how many reads may fail before the next frame."""
        if self.live:
            return _TRIES_OF_CAMERA
        if self.total is None:
            return _TRIES_OF_STREAM
        left = self.total - number
        return min(max(left, _TRIES_OF_STREAM), _TRIES_OF_FILE)

    def _after_gap(self, number: int, failed: int, time: float) -> int:
        """Return the number of the first frame after a gap.

        One read fails for each broken packet, but a decoder may drop more
        frames than that, which the time stamps tell.

        Args:
            number (int): What the number would be without a gap.
            failed (int): Number of reads that failed.
            time (float): Time stamp of the frame in milliseconds.
        """
        by_count = number + failed
        if self.live or self.fps is None:
            return by_count
        step = (time - self._last_time) * self.fps / 1000
        found = max(by_count, number - 1 + round(step))
        if self.total is not None:
            found = min(found, max(self.total - 1, by_count))
        return found

    def _codec(self) -> str:
        """Return the name of the codec."""
        code = int(self._capture.get(cv2.CAP_PROP_FOURCC))
        return code.to_bytes(4, 'little', signed=True).decode(
            'ascii', 'replace') if code else 'unknown'
