"""Read the frames of a video one after the other."""
import os
import os.path as osp
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Optional, Sequence, Sized, Union

import numpy as np
from mmengine.logging import print_log

from mmpose_video.datasets.loading.frame_reader import FrameReader, to_bgr
from mmpose_video.formats.frame_index import (
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    only_series,
)


@dataclass(frozen=True)
class Frame:
    """One frame of a video.

    Attributes:
        index (int): Position in the video, from 0.
        number (int): Number of the frame; of an image file, the one in its
            name.
        name (str): Name of the file, or one made of the number.
        image (np.ndarray): Shape (H, W, 3), uint8, BGR.
        time (float, optional): Time stamp in seconds, from the first frame.
            Defaults to None, unknown.
        place (int | float, optional): Position in time in frames, see
            :class:`FrameClock`. Defaults to None, the number.
    """

    index: int
    number: int
    name: str
    image: np.ndarray
    time: Optional[float] = None
    place: Union[None, int, float] = None

    @property
    def position(self) -> Union[int, float]:
        """Union[int, float]: Position in time, in frames."""
        return self.number if self.place is None else self.place


class FrameSource:
    """Frames of a video, decoded on demand.

    Args:
        name (str): Name for the files of the results.
        fps (float, optional): Frames per second, None if unknown.
        total (int, optional): Number of frames, None if unknown.
        live (bool): True for a source that does not wait for its reader.
        path (str, optional): The file or folder, None if there is none.
        numbers (Sequence[int], optional): Numbers of the frames, ascending.
            Defaults to None: 0 to ``total - 1``, or unknown.

    Attributes:
        header_fps (float, optional): The rate that the source itself states,
            in which positions are counted; ``fps`` may be overridden.
    """

    def __init__(self,
                 name: str,
                 fps: Optional[float] = None,
                 total: Optional[int] = None,
                 live: bool = False,
                 path: Optional[str] = None,
                 numbers: Optional[Sequence[int]] = None) -> None:
        self.name = name
        self.fps = fps
        self.header_fps = fps
        self.total = total
        self.live = live
        self.path = path
        if numbers is None and total:
            numbers = range(total)
        self.numbers = numbers

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in ascending time.

        Raises:
            ValueError: If there is none.
        """
        empty = True
        for frame in self.frames():
            empty = False
            yield frame
        if empty:
            raise ValueError(f'`{self.name}` has no frames')

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in ascending time; there may be none."""
        raise NotImplementedError

    def override_fps(self, fps: float) -> None:
        """Set the true rate where the source has none or a wrong one.

        Slow motion, for instance, is recorded at 240 frames per second and
        stored with 30: its time stamps are divided by 8.

        Args:
            fps (float): Frames per second.
        """
        self.fps = fps

    def time_of(self, frame: Frame) -> Optional[float]:
        """Return the time of a frame in seconds, None if it is unknown."""
        if self.fps is None:
            return frame.time
        if frame.time is None or self.header_fps is None:
            return frame.position / self.fps
        return frame.time * self.header_fps / self.fps


class FolderSource(FrameSource):
    """A folder of images whose names end in the frame number.

    An image that cannot be read is left out with a log line; the nearest
    intact frames stand in for it in the clips of others.

    Args:
        folder (str): The folder.
        reader (FrameReader): Reads the files.

    Raises:
        ValueError: If there is no frame, or there are frames of several
            videos.
    """

    def __init__(self, folder: str, reader: FrameReader) -> None:
        entries = os.listdir(folder)
        names = only_series(entries, folder)
        if not names:
            raise ValueError(f'`{folder}` holds no images whose names end in '
                             f'a frame number ({", ".join(IMAGE_SUFFIXES)})'
                             f'{_others(entries)}')
        self.folder = folder
        self.reader = reader
        self._names = list(names.items())
        super().__init__(
            osp.basename(osp.abspath(folder)), total=len(names), path=folder,
            numbers=list(names))

    def frames(self) -> Iterator[Frame]:
        """See :class:`FrameSource`."""
        for index, (number, name) in enumerate(self._names):
            path = osp.join(self.folder, name)
            try:
                image = self.reader.read(path)
            except OSError as error:
                print_log(f'{error}; the frame is left out', 'current', 30)
                continue
            yield Frame(index, number, name, image)


def _others(entries: Sequence[str]) -> str:
    """Say what a folder without frames holds instead, '' for nothing."""
    for kind, suffixes, advice in (
            ('videos', VIDEO_SUFFIXES, 'give them in place of the folder'),
            ('images', IMAGE_SUFFIXES, 'rename them to 000000.jpg and so on')):
        found = sorted(name for name in entries
                       if name.lower().endswith(suffixes))
        if found:
            return (f'. It holds {len(found)} {kind}, such as `{found[0]}`: '
                    f'{advice}')
    return ''


def _way_to_array(image: Any) -> str:
    """Say how to make a frame of something else, '' if that is unknown."""
    if isinstance(image, (str, os.PathLike)):
        return ': several files are read one by one, or as a folder of images'
    if hasattr(image, 'numpy'):
        return ': `.numpy()` with shape (H, W, 3) in BGR order is one'
    if hasattr(image, 'convert'):
        return ": `np.asarray(image.convert('RGB'))[..., ::-1]` is one"
    return ''


class ImageSource(FrameSource):
    """An image file, as a video of one frame.

    Args:
        path (str): The file.
        reader (FrameReader): Reads it.

    Raises:
        OSError: If the file cannot be read, or is an animation.
    """

    def __init__(self, path: str, reader: FrameReader) -> None:
        super().__init__(
            osp.splitext(osp.basename(path))[0], total=1, path=path)
        head = reader.content(path)[:64]
        if head.startswith(b'RIFF') and b'ANIM' in head:
            raise OSError(
                f'`{path}` is an animation, of which OpenCV reads one frame; '
                f'make it a video first: `ffmpeg -i {path} OUT.mp4`, or with '
                f'ImageMagick: `magick {path} OUT.gif`')
        self._image = reader.read(path)

    def frames(self) -> Iterator[Frame]:
        """See :class:`FrameSource`."""
        assert self.path is not None
        yield Frame(0, 0, osp.basename(self.path), self._image)


class ArraySource(FrameSource):
    """Images from memory or from a generator.

    Args:
        images (np.ndarray | Iterable[np.ndarray]): Images as
            :func:`~mmpose_video.datasets.loading.frame_reader.to_bgr` takes
            them, in BGR order; an array (H, W) or (H, W, C) with 1, 3 or 4
            channels is one image, (T, H, W) and (T, H, W, C) are T images.
    """

    def __init__(self, images: Iterable[np.ndarray]) -> None:
        if isinstance(images, np.ndarray) and (
                images.ndim == 2 or
                (images.ndim == 3 and images.shape[2] in (1, 3, 4))):
            images = images[None]
        self.images = images
        total = len(images) if isinstance(images, Sized) else None
        super().__init__('frames', total=total)

    def frames(self) -> Iterator[Frame]:
        """See :class:`FrameSource`."""
        for number, image in enumerate(self.images):
            if not isinstance(image, np.ndarray):
                raise TypeError(f'frames must be arrays, number {number} is '
                                f'a {type(image).__name__}'
                                f'{_way_to_array(image)}')
            try:
                image = to_bgr(image)
            except ValueError as error:
                raise ValueError(f'frame {number}: {error}') from error
            yield Frame(number, number, f'{number:06d}.jpg', image)
