"""Read video files with PyAV."""
import os.path as osp
from typing import Any, Dict, Iterator, List, Optional

import numpy as np
from mmengine.logging import print_log

from mmpose_video.visualization.pyav_encoder import import_av

from .frame_clock import FrameClock
from .frame_source import Frame, FrameSource


class PyavSource(FrameSource):
    """A video file, read by PyAV.

    All time stamps are read before the first frame is decoded: the number of
    frames is exact, the frame rate is that of the median distance between
    frames, and frames that cannot be decoded leave the numbers of the others
    as they are. Frames are rotated as the file's metadata says.

    Args:
        path (str): The file.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If PyAV is not installed.
        OSError: If it is not a video.
    """

    def __init__(self, path: str) -> None:
        self._av = import_av()
        if not osp.isfile(path):
            raise FileNotFoundError(f'there is no video `{path}`')
        self._index: Dict[int, int] = {}
        stamps = self._time_stamps(path)
        self._index = {stamp: i for i, stamp in enumerate(stamps)}
        super().__init__(
            osp.splitext(osp.basename(path))[0],
            1 / (_distance(stamps) * self._tick) if len(stamps) > 1 else None,
            len(stamps) or None,
            path=path)

    def _time_stamps(self, path: str) -> List[int]:
        """Read the time stamps of all frames, ascending, in ticks."""
        try:
            with self._av.open(path) as container:
                if not container.streams.video:
                    raise OSError(f'`{path}` holds no video')
                stream = container.streams.video[0]
                self._tick = float(stream.time_base)
                return sorted({
                    packet.pts
                    for packet in container.demux(stream)
                    if packet.pts is not None and not packet.is_discard
                })
        except self._av.error.FFmpegError as error:
            raise OSError(f'PyAV cannot open the video `{path}`: '
                          f'{error.strerror}') from error

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; those that cannot be decoded are left out.

        Raises:
            OSError: If the video has frames and none can be decoded.
        """
        clock = FrameClock(self.header_fps)
        first: Optional[float] = None
        number, count = -1, 0
        for picture in self._decode():
            following = self._index.get(picture.pts, number + 1)
            if following <= number:
                continue  # a repeated time stamp
            number = following
            time = None
            if picture.pts is not None:
                seconds = picture.pts * self._tick
                first = seconds if first is None else first
                time = seconds - first
            image = picture.to_ndarray(format='bgr24')
            turns = round(getattr(picture, 'rotation', 0) / 90) % 4
            if turns:
                image = np.ascontiguousarray(np.rot90(image, turns))
            yield Frame(number, number, f'{number:06d}.jpg', image, time,
                        clock.place(number, time))
            count += 1
        if self.total is not None and count < self.total:
            text = (f'`{self.path}`: {count} of its {self.total} frames can '
                    'be decoded')
            if not count:
                raise OSError(text)
            print_log(f'{text}, and those are used', 'current', 30)

    def _decode(self) -> Iterator[Any]:
        """Yield decoded frames, in the order in which they are shown."""
        errors = self._av.error
        with self._av.open(self.path) as container:
            stream = container.streams.video[0]
            stream.thread_type = 'AUTO'
            packets = container.demux(stream)
            while True:
                try:
                    packet = next(packets)
                except StopIteration:
                    return
                except errors.FFmpegError:
                    return  # the file ends early
                try:
                    yield from packet.decode()
                except errors.EOFError:
                    return
                except errors.FFmpegError:
                    continue  # a broken packet


def _distance(stamps: List[int]) -> float:
    """Return the distance between two frames in ticks.

    Args:
        stamps (list[int]): At least two different time stamps, ascending.
    """
    distances = np.diff(stamps)
    median = float(np.median(distances))
    if median >= 4 and np.ptp(distances) <= 1:
        # a constant rate, whose time stamps were rounded
        return float(np.mean(distances))
    return median
