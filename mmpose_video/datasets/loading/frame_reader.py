"""Read image files as frames."""
from typing import Dict, Optional, Tuple

import cv2
import mmcv
import mmengine.fileio as fileio
import numpy as np

from .frame_cache import FrameCache
from .image_header import MAX_PIXELS, ImageHeader, find_fault, read_header
from .jpeg_decoder import JpegDecoder

#: OpenCV's flags that decode a JPEG at 1/2, 1/4 or 1/8 of its size.
REDUCTIONS = {
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8
}
#: Sizes that are kept.
_NUM_SIZES = 4096


class FrameReader:
    """Read frames as BGR images, with a cache of decoded frames.

    Gray and 4-channel images are made BGR. A JPEG or PNG that ends early is
    an error, not an image whose lower half is gray, and a file that claims
    too many pixels is refused before it is decoded.

    Args:
        cache_mb (float): Keep this many MiB of decoded frames, see
            :class:`FrameCache`. Defaults to 0, which turns the cache off.
        imdecode_backend (str): ``'auto'`` gives OpenCV's pixels and has
            torchvision decode JPEGs where it gives the same, see
            :class:`JpegDecoder`. For others see :func:`mmcv.imfrombytes`.
            Defaults to 'auto'.
        backend_args (dict, optional): MMEngine's file backend.
        max_pixels (int): Refuse larger images. OpenCV refuses those above
            2**30 pixels in any case. Defaults to 100 million.

    Examples:
        >>> frame = FrameReader().read('images/000012.jpg')
    """

    def __init__(self,
                 cache_mb: float = 0,
                 imdecode_backend: str = 'auto',
                 backend_args: Optional[dict] = None,
                 max_pixels: int = MAX_PIXELS) -> None:
        if max_pixels < 1:
            raise ValueError(f'`max_pixels` must be at least 1, got '
                             f'{max_pixels}')
        self.cache = FrameCache(int(cache_mb * 2**20))
        self.imdecode_backend = imdecode_backend
        self.backend_args = backend_args
        self.max_pixels = max_pixels
        self._decode_jpeg = JpegDecoder()
        self._jpeg_sizes: Dict[str, Optional[Tuple[int, int]]] = {}

    def read(self, path: str, reduction: int = 1) -> np.ndarray:
        """Read a frame from the cache or from its file.

        Args:
            path (str): The file.
            reduction (int): Decode a JPEG at this fraction of its size: 1, 2,
                4 or 8. Defaults to 1.

        Returns:
            np.ndarray: (H, W, 3), uint8, BGR. It is read-only if it is in
            the cache.

        Raises:
            OSError: If the file cannot be read or is not an image. The
                message names it.
        """
        key = (path, reduction)
        frame = self.cache.get(key)
        if frame is None:
            frame = self._read(path, reduction)
            self.cache.put(key, frame)
        return frame

    def content(self, path: str) -> bytes:
        """Return the bytes of a frame's file.

        Raises:
            OSError: If it cannot be read. The message names it.
        """
        try:
            return fileio.get(path, backend_args=self.backend_args)
        except OSError as error:
            # not its own type, which may want more: `HTTPError` does
            kind = FileNotFoundError if isinstance(
                error, FileNotFoundError) else OSError
            raise kind(f'cannot read frame `{path}`: '
                       f'{error.strerror or error}') from error

    def jpeg_size(self, path: str) -> Optional[Tuple[int, int]]:
        """Read the stored width and height of a JPEG; the last are kept.

        Returns:
            tuple[int, int]: None for a file of another kind.

        Raises:
            OSError: If the file cannot be read.
        """
        if path not in self._jpeg_sizes:
            header = read_header(self.content(path))
            if len(self._jpeg_sizes) >= _NUM_SIZES:
                self._jpeg_sizes.clear()
            self._jpeg_sizes[path] = None
            if header is not None and header.kind == 'JPEG':
                self._jpeg_sizes[path] = header.width, header.height
        return self._jpeg_sizes[path]

    def _read(self, path: str, reduction: int) -> np.ndarray:
        """Read and decode a file."""
        data = self.content(path)
        header = read_header(data)
        fault = find_fault(data, header, self.max_pixels)
        if fault:
            raise OSError(f'frame `{path}` {fault}')
        try:
            frame = self.decode(data, header, reduction)
        except Exception as error:  # decoders share no base of their errors
            raise OSError(f'frame `{path}` cannot be decoded by '
                          f'{self.imdecode_backend}: {error}') from error
        if frame is None:
            raise OSError(f'frame `{path}` is not an image that '
                          f'{self.imdecode_backend} can decode')
        return frame

    def decode(self, data: bytes, header: Optional[ImageHeader] = None,
               reduction: int = 1) -> Optional[np.ndarray]:
        """Decode the content of a file.

        Args:
            data (bytes): The content.
            header (ImageHeader, optional): Its header, if it has one.
            reduction (int): See :meth:`read`.

        Returns:
            np.ndarray: (H, W, 3), uint8, BGR; None if it is not an image.
        """
        if reduction != 1:
            return cv2.imdecode(
                np.frombuffer(data, np.uint8), REDUCTIONS[reduction])
        if self.imdecode_backend != 'auto':
            return mmcv.imfrombytes(
                data, flag='color', backend=self.imdecode_backend)
        frame = self._decode_jpeg(data, header)
        if frame is None:
            frame = mmcv.imfrombytes(data, flag='color', backend='cv2')
        return frame


def to_bgr(frame: np.ndarray) -> np.ndarray:
    """Turn an array into an 8-bit image of shape (H, W, 3).

    Args:
        frame (np.ndarray): (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); a
            fourth channel is dropped. Integers of 8 bits stay as they are,
            uint16 is scaled from 0..65535, bool and floats from 0..1 (what
            interpolation adds outside of that, up to 0.1, is clipped), and
            other integers must lie in 0..255.

    Raises:
        ValueError: If it has another shape or range.
    """
    if frame.ndim == 2:
        frame = frame[..., None]
    if frame.ndim != 3 or frame.shape[2] not in (1, 3, 4) or not frame.size:
        raise ValueError('a frame must have shape (H, W), (H, W, 1), '
                         f'(H, W, 3) or (H, W, 4), got {frame.shape}')
    frame = _to_8_bits(frame[..., :3])
    if frame.shape[2] == 1:
        return np.repeat(frame, 3, axis=2)
    return np.ascontiguousarray(frame)


def _to_8_bits(frame: np.ndarray) -> np.ndarray:
    """Scale the values of an image to uint8, see :func:`to_bgr`."""
    kind = frame.dtype.kind
    if frame.dtype == np.uint8:
        return frame
    if frame.dtype == np.uint16:
        return np.rint(frame / np.float32(257)).astype(np.uint8)
    if kind == 'b':
        return frame.astype(np.uint8) * 255
    if kind not in 'iuf':
        raise ValueError(f'a frame must hold numbers, got {frame.dtype}')
    low, high = frame.min(), frame.max()
    if kind == 'f':
        # also false for NaN
        if not (low >= -0.1 and high <= 1.1):
            raise ValueError(
                'a frame of floats must lie in 0..1, got values from '
                f'{low:g} to {high:g}; if they lie in 0..255, convert the '
                'frame by `frame.astype(np.uint8)`')
        return np.rint(frame.clip(0, 1) * 255).astype(np.uint8)
    if low < 0 or high > 255:
        raise ValueError(f'a frame of {frame.dtype} must lie in 0..255, got '
                         f'values from {low} to {high}')
    return frame.astype(np.uint8)
