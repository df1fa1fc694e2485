"""Read video files and cameras with OpenCV."""
import os.path as osp
from typing import Iterator, Union

import cv2
import numpy as np
from mmengine.logging import print_log

from .frame_clock import FrameClock
from .frame_source import Frame, FrameSource

# how many reads may fail in a row: before the claimed end of a file, where
# the end is not known, and of a camera, which blocks for seconds each time
_TRIES_OF_FILE = 10000
_TRIES_OF_STREAM = 10
_TRIES_OF_CAMERA = 3


class CaptureSource(FrameSource):
    """A video file or a camera, read by OpenCV.

    A frame that cannot be decoded is left out, and its number with it: the
    frames that follow keep theirs, and the nearest intact ones stand in for
    it in the clips of others.

    Args:
        target (str | int): Path, or index of a camera.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If OpenCV cannot open it.
    """

    def __init__(self, target: Union[str, int]) -> None:
        self.target = target
        live = isinstance(target, int)
        is_file = isinstance(target, str) and '://' not in target
        if is_file and not osp.isfile(str(target)):
            hint = (f'; for a camera write webcam:{target}'
                    if str(target).isdigit() else '')
            raise FileNotFoundError(f'there is no video `{target}`{hint}')
        self._last_time = 0.  # milliseconds
        self._capture = cv2.VideoCapture(target)
        if not self._capture.isOpened():
            if live:
                raise OSError(f'OpenCV cannot open camera {target}; is it '
                              'connected, and not in use by another program?')
            raise OSError(f'OpenCV cannot open the video `{target}`; is it a '
                          f'complete video? {_way_out(target)}')
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        total = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        super().__init__(
            f'camera{target}' if live else
            osp.splitext(osp.basename(str(target)))[0],
            fps if np.isfinite(fps) and fps > 0 else None,
            total if total > 0 and not live else None, live,
            str(target) if is_file else None)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; can be called once.

        Raises:
            OSError: If the video has frames and none can be decoded.
        """
        number = count = failed = 0
        clock, first, constant = FrameClock(self.header_fps), 0., True
        try:
            while failed < self._tries(number):
                read, image = self._capture.read()
                if not read:
                    failed += 1
                    continue
                time = self._capture.get(cv2.CAP_PROP_POS_MSEC)
                if failed and count:
                    number = self._after_gap(number, failed, time)
                elif failed:
                    number = failed
                failed = 0
                first = first if count else time
                # cameras have no time stamps that mean anything
                seconds = None if self.live else (time - first) / 1000
                place = clock.place(number, seconds)
                if constant and isinstance(place, float):
                    constant = False
                    print_log(
                        f'`{self.target}` has a variable frame rate; '
                        '`backend="pyav"` or --video-backend pyav reads its '
                        'time stamps exactly', 'current')
                yield Frame(number, number, f'{number:06d}.jpg', image,
                            seconds, place)
                self._last_time = time
                number += 1
                count += 1
            self._report(count)
        finally:
            self._capture.release()

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
        if self.live or self.header_fps is None:
            return by_count
        step = (time - self._last_time) * self.header_fps / 1000
        found = max(by_count, number - 1 + round(step))
        if self.total is not None:
            found = min(found, max(self.total - 1, by_count))
        return found

    def _report(self, count: int) -> None:
        """Say how many frames could not be decoded."""
        if self.total is None or count >= self.total:
            return
        if count == 0:
            code = int(self._capture.get(cv2.CAP_PROP_FOURCC))
            codec = code.to_bytes(4, 'little', signed=True).decode(
                'ascii', 'replace') if code else 'unknown'
            raise OSError(
                f'OpenCV decodes none of the {self.total} frames of '
                f'`{self.target}` (codec {codec}). {_way_out(self.target)}')
        print_log(
            f'`{self.target}`: {count} of the {self.total} frames that it '
            'claims to have can be decoded, and those are used. '
            f'{_way_out(self.target)}', 'current', 30)


def _way_out(target: Union[str, int]) -> str:
    """Return what to do about a video that OpenCV cannot read."""
    return ('If other players can show it, convert it: '
            f'`ffmpeg -i {target} -c:v libx264 -pix_fmt yuv420p OUT.mp4`')
