"""Open videos of any kind."""
import os
import os.path as osp
from typing import Iterable, Optional, Union, cast

import numpy as np

from mmpose_video.datasets.loading.frame_reader import FrameReader
from mmpose_video.formats.frame_index import IMAGE_SUFFIXES
from mmpose_video.visualization.video_file import check_backend

from .capture_source import CaptureSource
from .frame_source import ArraySource, FolderSource, FrameSource, ImageSource
from .pyav_source import PyavSource

Inputs = Union[str, int, os.PathLike, Iterable[np.ndarray]]


def open_source(inputs: Inputs,
                reader: Optional[FrameReader] = None,
                backend: str = 'opencv') -> FrameSource:
    """Open a video.

    Args:
        inputs (str | int | Iterable[np.ndarray]): A video file or its address,
            a folder of images, an image file, the index of a camera (``0`` or
            ``'webcam:0'``), or images (:class:`ArraySource`).
        reader (FrameReader, optional): Reads image files.
        backend (str): Reads video files: ``'opencv'``, or ``'pyav'`` with
            exact time stamps. Cameras and addresses are read by OpenCV
            always. Defaults to 'opencv'.

    Raises:
        ImportError: If PyAV is asked for and not installed.
        OSError: If it cannot be opened.
        TypeError: If it is none of these.
        ValueError: If it holds no frames, or names no camera.
    """
    check_backend(backend)
    reader = reader or FrameReader()
    if isinstance(inputs, (str, os.PathLike)):
        path = os.fspath(inputs)
        if osp.isdir(path):
            return FolderSource(path, reader)
        kind, _, number = path.lower().partition(':')
        if kind == 'webcam':
            if number and not number.isdigit():
                raise ValueError(f'`{path}` names no camera: expected '
                                 'webcam:0, webcam:1, ...')
            return CaptureSource(int(number or 0))
        if path.lower().endswith(IMAGE_SUFFIXES) and '://' not in path:
            return ImageSource(path, reader)
        if backend == 'pyav' and '://' not in path:
            return PyavSource(path)
        return CaptureSource(path)
    if isinstance(inputs, int) and not isinstance(inputs, bool):
        return CaptureSource(inputs)
    if not isinstance(inputs, Iterable):
        raise TypeError('expected a video file, a folder, a camera index or '
                        f'arrays, got a {type(inputs).__name__}')
    return ArraySource(cast(Iterable[np.ndarray], inputs))
