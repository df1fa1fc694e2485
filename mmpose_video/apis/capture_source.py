"""Read video files and cameras with OpenCV."""
import os.path as osp
from typing import Iterator, Union

from mmengine.logging import print_log

from mmpose_video.datasets.loading.video_reader import VideoReader

from .frame_clock import FrameClock
from .frame_source import Frame, FrameSource


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
        self.reader = VideoReader(target)
        super().__init__(
            f'camera{target}' if self.reader.live else
            osp.splitext(osp.basename(str(target)))[0],
            self.reader.fps,
            self.reader.total,
            self.reader.live,
            str(target) if self.reader.is_file else None)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; can be called once.

        Raises:
            OSError: If the video has frames and none can be decoded.
        """
        clock, first, constant = FrameClock(self.header_fps), 0., True
        for number, image, time in self.reader:
            if self.reader.count == 1:
                first = time
            # cameras have no time stamps that mean anything
            seconds = None if self.live else (time - first) / 1000
            place = clock.place(number, seconds)
            if constant and isinstance(place, float):
                constant = False
                print_log(
                    f'`{self.target}` has a variable frame rate; '
                    '`backend="pyav"` or --video-backend pyav reads its '
                    'time stamps exactly', 'current')
            yield Frame(number, number, f'{number:06d}.jpg', image, seconds,
                        place)
        loss = self.reader.loss()
        if loss:
            print_log(loss, 'current', 30)
