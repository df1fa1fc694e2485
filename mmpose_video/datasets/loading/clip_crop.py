"""Crop all frames of a clip at once, with OpenCV's result.

``csrc/clip_crop.cpp`` computes the pixels of ``cv2.warpAffine`` with bilinear
interpolation bit for bit, as planes. It computes a pixel's source position
once for all frames, needs no copy from interleaved channels to planes, and
takes less than half the time, see docs/data_pipeline.md.
"""
import ctypes
from functools import cache
from typing import Optional, Sequence, Tuple

import cv2
import numpy as np
from mmengine.logging import print_log

from mmpose_video.ops.cpp_abi import KernelSource
from mmpose_video.ops.cpp_build import load_kernel
from mmpose_video.ops.cpp_compiler import KernelUnavailableError, best_isa

_ABI_VERSION = 1
#: Scale of OpenCV's fixed-point positions, and its rounding offset.
_UNIT, _ROUND = 1 << 10, 1 << 4
#: Positions and addresses within a frame must fit into 32 bits.
_LIMIT = 1 << 30


def crop_clip(frames: Sequence[np.ndarray], matrix: np.ndarray,
              out: np.ndarray) -> bool:
    """Crop frames of one size into planes.

    Args:
        frames (Sequence[np.ndarray]): T frames (H, W, 3), uint8.
        matrix (np.ndarray): Maps pixels of the frame to those of the crop,
            (2, 3), as for ``cv2.warpAffine``.
        out (np.ndarray): Takes the crops, (T, 3, h, w), uint8, contiguous.

    Returns:
        bool: False, with nothing written, if the caller has to use OpenCV:
        no compiled kernel agrees with it on this machine, the frames are not
        as above, or the matrix is degenerate.
    """
    kernel = _kernel()
    places = _places(matrix, out.shape[3], out.shape[2])
    if kernel is None or places is None or not _fits(frames):
        return False
    _run(kernel, frames, places, out)
    return True


def is_available() -> bool:
    """Return whether :func:`crop_clip` has a kernel; may compile it."""
    return _kernel() is not None


def _fits(frames: Sequence[np.ndarray]) -> bool:
    """Return whether the kernel can read the frames."""
    first = frames[0]
    return (first.ndim == 3 and first.shape[2] == 3
            and 0 < first.shape[0] * first.strides[0] < _LIMIT
            and first.strides[1:] == (3, 1) and all(
                frame.dtype == np.uint8 and frame.shape == first.shape
                and frame.strides == first.strides for frame in frames))


def _places(matrix: np.ndarray, width: int, height: int
            ) -> Optional[Tuple[np.ndarray, ...]]:
    """Return the parts of the source positions by column and by row.

    The order of operations is OpenCV's, so that rounding is the same.

    Returns:
        tuple[np.ndarray, ...]: x and y by column, then x and y by row; None
        if the matrix is degenerate or a position is out of range.
    """
    a, b, c, d, e, f = np.asarray(matrix, np.float64).ravel().tolist()
    determinant = a * e - b * d
    if determinant == 0:
        return None
    inverse = 1 / determinant
    a, e = e * inverse, a * inverse
    b, d = b * -inverse, d * -inverse
    c, f = -a * c - b * f, -d * c - e * f
    x, y = np.arange(width), np.arange(height)
    parts = (a * x * _UNIT, d * x * _UNIT, (b * y + c) * _UNIT,
             (e * y + f) * _UNIT)
    # also False for NaN
    if not all(np.abs(part).max() < _LIMIT - _ROUND for part in parts):
        return None
    rounded = [np.rint(part).astype(np.int32) for part in parts]
    return (*rounded[:2], rounded[2] + _ROUND, rounded[3] + _ROUND)


def _run(kernel: ctypes.CDLL, frames: Sequence[np.ndarray],
         places: Tuple[np.ndarray, ...], out: np.ndarray) -> None:
    """Call the kernel."""
    height, width = frames[0].shape[:2]
    addresses = (ctypes.c_void_p * len(frames))(
        *(frame.ctypes.data for frame in frames))
    kernel.clip_crop(
        addresses, len(frames), width, height, frames[0].strides[0],
        *(part.ctypes.data for part in places), out.ctypes.data,
        out.shape[3], out.shape[2])


@cache
def _kernel() -> Optional[ctypes.CDLL]:
    """Return the kernel; None if it is missing or differs from OpenCV."""
    if best_isa() == 'generic':
        return None  # without vectors OpenCV is as fast
    try:
        kernel = load_kernel(source=CLIP_CROP)
    except KernelUnavailableError as error:
        print_log(
            f'frames are cropped by OpenCV, at half the speed: {error}',
            'current')
        return None
    if not _agrees(kernel):
        print_log(
            'frames are cropped by OpenCV: this build of it rounds in another '
            'way than the faster kernel', 'current')
        return None
    return kernel


def _agrees(kernel: ctypes.CDLL) -> bool:
    """Compare with OpenCV: upright, rotated, and beyond the border."""
    frame = np.random.default_rng(0).integers(
        0, 256, (41, 57, 3), dtype=np.uint8)
    out = np.empty((1, 3, 48, 36), np.uint8)
    for angle, scale, x in ((0., 1.3, 3.), (30., 0.7, 12.), (200., 2.1, -9.)):
        matrix = cv2.getRotationMatrix2D((28.3, 20.1), angle, scale)
        matrix[0, 2] += x
        places = _places(matrix, 36, 48)
        assert places is not None
        _run(kernel, [frame], places, out)
        expected = cv2.warpAffine(frame, matrix, (36, 48))
        if not np.array_equal(out[0].transpose(1, 2, 0), expected):
            return False
    return True


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Declare the types of the library's functions."""
    if library.clip_crop_abi_version() != _ABI_VERSION:
        raise OSError(f'unexpected ABI version (expected {_ABI_VERSION})')
    pointer, size, number = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
    library.clip_crop.argtypes = [
        pointer, size, number, number, size, *[pointer] * 5, number, number]
    library.clip_crop.restype = None
    return library


CLIP_CROP = KernelSource('clip_crop', _declare)
