"""Decode JPEGs with torchvision where its output is identical to OpenCV's."""
from typing import Dict, Optional, Tuple

import cv2
import numpy as np
import torch

from .image_header import ImageHeader

try:
    from torchvision.io import ImageReadMode, decode_jpeg
except ImportError:  # deprecated in torchvision 0.29, for a later one to drop
    decode_jpeg = None


class JpegDecoder:
    """Decode with torchvision where it gives OpenCV's pixels.

    Both are built on libjpeg-turbo, whose result does not depend on the
    features of the processor. torchvision's wheels use vector instructions,
    those of OpenCV need not, and take twice as long then. Other builds may
    round differently. So the first image of each coding
    (:attr:`ImageHeader.coding`) is decoded by both, and torchvision decodes
    those that follow only if all pixels agree.
    """

    def __init__(self) -> None:
        self._agrees: Dict[Tuple[int, bytes, bytes], bool] = {}

    def __call__(self, data: bytes,
                 header: Optional[ImageHeader]) -> Optional[np.ndarray]:
        """Decode the content of a file.

        Args:
            data (bytes): The content.
            header (ImageHeader, optional): Its header.

        Returns:
            np.ndarray: (H, W, 3), uint8, BGR: what ``cv2.imdecode`` returns.
            None if another decoder has to do it: the file is not a JPEG, has
            EXIF data, which may turn the image, or torchvision does not agree
            with OpenCV.
        """
        if header is None or header.kind != 'JPEG' or header.has_exif or (
                not self._agrees.get(header.coding, True)):
            return None
        frame = _by_torchvision(data)
        if frame is not None and header.coding not in self._agrees:
            known = cv2.imdecode(
                np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            self._agrees[header.coding] = known is not None and (
                np.array_equal(frame, known))
            return known
        return frame


def _by_torchvision(data: bytes) -> Optional[np.ndarray]:
    """Return a BGR image, None if torchvision cannot decode it."""
    if decode_jpeg is None:
        return None
    try:
        # a copy: PyTorch has no tensors that must not be written to
        image = decode_jpeg(
            torch.frombuffer(bytearray(data), dtype=torch.uint8),
            mode=ImageReadMode.RGB)
    except RuntimeError:
        return None
    frame = image.permute(1, 2, 0).contiguous().numpy()
    return cv2.cvtColor(frame, cv2.COLOR_RGB2BGR, dst=frame)
