"""Frames of a video, one after the other."""
import os
import os.path as osp
from dataclasses import dataclass
from typing import Iterable, Iterator, List, Optional, Sized, Union, cast

import cv2
import numpy as np
from mmengine.logging import print_log

from mmpose_video.datasets.loading.frame_reader import FrameReader, to_bgr
from mmpose_video.formats.frame_index import IMAGE_SUFFIXES, only_series

Inputs = Union[str, int, os.PathLike, Iterable[np.ndarray]]


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        index (int): Position in the video, from 0.
        number (int): Its time in frames; the number in the name of a file.
        name (str): Name of its file, or one made of the number.
        image (np.ndarray): Shape (H, W, 3), uint8, BGR.
    """

    index: int
    number: int
    name: str
    image: np.ndarray


class FrameSource:
    """The frames of a video, decoded when they are asked for.

    Attributes:
        name (str): Name for the files of the results.
        fps (float, optional): Frames per second, None if unknown.
        total (int, optional): Number of frames, None if unknown.
        live (bool): Whether the source does not wait.
        path (str, optional): The file or folder, None if there is none.
    """

    def __init__(self,
                 name: str,
                 fps: Optional[float] = None,
                 total: Optional[int] = None,
                 live: bool = False,
                 path: Optional[str] = None) -> None:
        self.path = path
        self.name = name
        self.fps = fps
        self.total = total
        self.live = live

    def __iter__(self) -> Iterator[Frame]:
        """The frames.

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
        """The frames, in ascending time."""
        raise NotImplementedError


class CaptureSource(FrameSource):
    """A video file or a camera, read by OpenCV.

    Args:
        target (str | int): Path, or index of a camera.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If OpenCV cannot open it.
    """

    def __init__(self, target: Union[str, int]) -> None:
        self.target = target
        live = isinstance(target, int)
        if isinstance(target, str) and '://' not in target and (
                not osp.isfile(target)):
            raise FileNotFoundError(f'there is no video `{target}`')
        self._capture = cv2.VideoCapture(target)
        if not self._capture.isOpened():
            what = f'camera {target}' if live else f'video `{target}`'
            raise OSError(f'OpenCV cannot open {what}' + (
                '' if live else '; is it a video, and complete? '
                '`ffmpeg -i IN -c:v libx264 OUT.mp4` may repair it'))
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        total = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        super().__init__(
            f'camera{target}' if live else
            osp.splitext(osp.basename(str(target)))[0],
            fps if np.isfinite(fps) and fps > 0 else None,
            total if total > 0 and not live else None, live,
            None if live or '://' in str(target) else str(target))

    def frames(self) -> Iterator[Frame]:
        """See :class:`FrameSource`; can be read once."""
        number = 0
        try:
            while True:
                read, image = self._capture.read()
                if not read:
                    break
                yield Frame(number, number, f'{number:06d}.jpg', image)
                number += 1
        finally:
            self._capture.release()
        if self.total and number < self.total:
            print_log(
                f'`{self.target}` ends after {number} of the {self.total} '
                'frames that it claims to have; those are used', 'current', 30)


class FolderSource(FrameSource):
    """A folder of images whose names end in the number of the frame.

    An image that cannot be read is left out with a log line, and the nearest
    intact ones stand in for it in the clips of others.

    Args:
        folder (str): The folder.
        reader (FrameReader): Reads the files.

    Raises:
        ValueError: If there is no frame, or there are frames of several
            videos.
    """

    def __init__(self, folder: str, reader: FrameReader) -> None:
        names = only_series(os.listdir(folder), folder)
        if not names:
            raise ValueError(f'`{folder}` holds no images whose names end in '
                             f'a frame number ({", ".join(IMAGE_SUFFIXES)})')
        self.folder = folder
        self.reader = reader
        self._names = list(names.items())
        super().__init__(
            osp.basename(osp.abspath(folder)), total=len(names), path=folder)

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


class ArraySource(FrameSource):
    """Images from memory, or from a generator.

    Args:
        images (Iterable[np.ndarray]): Each (H, W), (H, W, 1), (H, W, 3) or
            (H, W, 4), uint8, BGR.
    """

    def __init__(self, images: Iterable[np.ndarray]) -> None:
        self.images = images
        total = len(images) if isinstance(images, Sized) else None
        super().__init__('frames', total=total)

    def frames(self) -> Iterator[Frame]:
        """See :class:`FrameSource`."""
        for number, image in enumerate(self.images):
            if not isinstance(image, np.ndarray):
                raise TypeError('frames must be arrays, number '
                                f'{number} is a {type(image).__name__}')
            yield Frame(number, number, f'{number:06d}.jpg', to_bgr(image))


def open_source(inputs: Inputs,
                reader: Optional[FrameReader] = None) -> FrameSource:
    """Open a video.

    Args:
        inputs (str | int | Iterable[np.ndarray]): A video file or its address,
            a folder of images, the index of a camera (``0`` or
            ``'webcam:0'``), or images.
        reader (FrameReader, optional): Reads the images of a folder.

    Raises:
        OSError: If it cannot be opened.
        TypeError: If it is nothing of these.
    """
    if isinstance(inputs, (str, os.PathLike)):
        path = os.fspath(inputs)
        if osp.isdir(path):
            return FolderSource(path, reader or FrameReader())
        camera: List[str] = path.lower().split(':')
        if camera[0] == 'webcam':
            return CaptureSource(int(camera[1]) if len(camera) > 1 else 0)
        return CaptureSource(path)
    if isinstance(inputs, int):
        return CaptureSource(inputs)
    if not isinstance(inputs, Iterable):
        raise TypeError('expected a video file, a folder, a camera index or '
                        f'images, got a {type(inputs).__name__}')
    return ArraySource(cast(Iterable[np.ndarray], inputs))
