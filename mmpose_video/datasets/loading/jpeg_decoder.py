"""Decode JPEGs as OpenCV does, faster where that can be had."""
import struct
from typing import Dict, Optional, Tuple

import cv2
import numpy as np
import torch
from torchvision.io import ImageReadMode, decode_jpeg

#: Frame headers (SOF); 0xC4, 0xC8 and 0xCC are other segments.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ADOBE = 0xEE
#: What an image's header says about its coding; see :func:`jpeg_coding`.
Coding = Tuple[int, bytes, bytes]


class JpegDecoder:
    """torchvision's decoder, where it gives OpenCV's pixels.

    Both are built on libjpeg-turbo, whose result does not depend on what the
    processor can do. torchvision's wheels use vector instructions, those of
    OpenCV need not, and take twice as long then. Other builds may round
    differently. So the first image of each coding (see :func:`jpeg_coding`)
    is decoded by both, and only where all pixels agree torchvision decodes
    those that follow.
    """

    def __init__(self) -> None:
        self._agrees: Dict[Coding, bool] = {}

    def __call__(self, data: bytes) -> Optional[np.ndarray]:
        """Decode a file's content.

        Args:
            data (bytes): A JPEG, or anything else.

        Returns:
            np.ndarray: (H, W, 3), uint8, BGR: what ``cv2.imdecode`` returns.
            None if it is for others to decode.
        """
        coding = jpeg_coding(data)
        if coding is None or not self._agrees.get(coding, True):
            return None
        frame = _by_torchvision(data)
        if frame is not None and coding not in self._agrees:
            known = cv2.imdecode(
                np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            self._agrees[coding] = known is not None and np.array_equal(
                frame, known)
            return known
        return frame


def jpeg_coding(data: bytes) -> Optional[Coding]:
    """What tells how a JPEG has to be decoded.

    Args:
        data (bytes): A file's content.

    Returns:
        tuple: Kind of the frame (baseline, progressive, ...), numbers and
        sampling of its components, and Adobe's mark of the colours. None if
        it is no JPEG, or one with EXIF data, which may turn the image.
    """
    if not data.startswith(b'\xff\xd8'):
        return None
    adobe, at = b'', 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind, length = data[at + 1], struct.unpack_from('>H', data, at + 2)[0]
        body = data[at + 4:at + 2 + length]
        if body.startswith(b'Exif\0'):
            return None
        if kind == _ADOBE:
            adobe = body
        if kind in _FRAMES:
            # depth, then from the sixth byte on the components
            return kind, body[:1] + body[5:], adobe
        at += 2 + length
    return None


def _by_torchvision(data: bytes) -> Optional[np.ndarray]:
    """A BGR image; None if torchvision cannot decode it."""
    try:
        # a copy: PyTorch has no tensors that must not be written to
        image = decode_jpeg(
            torch.frombuffer(bytearray(data), dtype=torch.uint8),
            mode=ImageReadMode.RGB)
    except RuntimeError:
        return None
    frame = image.permute(1, 2, 0).contiguous().numpy()
    return cv2.cvtColor(frame, cv2.COLOR_RGB2BGR, dst=frame)
