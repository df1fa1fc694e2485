"""Decode a clip at a fraction of its size."""
import io
from typing import Any, List, Optional, Tuple

import cv2
import mmengine.fileio as fileio
import numpy as np
from mmpose.registry import TRANSFORMS
from PIL import Image

from .load_clip import LoadClip

_FLAGS = {
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8
}


@TRANSFORMS.register_module()
class LoadReducedClip(LoadClip):
    """:class:`LoadClip` that decodes large people's frames smaller.

    A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size for a fraction of
    the time. Where the person is larger than the model's input by such a
    factor, the crop is taken from the smaller picture: the largest factor
    that leaves each pixel of the input a pixel of its own. The pixels are
    not those of the whole frame, where the crop skips what lies between:
    accuracy may differ either way. Measure it before you compare numbers.

    Boxes, key points and ``img_shape`` stay in pixels of the file, so flips,
    random boxes and predictions need no change. Only the crop has to know:
    the pipeline needs :class:`TopdownClipAffine`. Other files than JPEGs, and
    sizes that the factor does not divide, are decoded whole.

    Required Keys:

        - bbox (np.ndarray): (1, 4), corners; beside :class:`LoadClip`'s

    Added Keys:

        - img_reduction (int): 1, 2, 4 or 8

    Args:
        input_size (tuple[int, int]): Width and height of the crop.
        margin (float): The box is taken to be this many times as large. The
            pipelines enlarge boxes by 1.25; augmentation shrinks them, by
            0.65 in DCPose's recipe. Defaults to 0.8 (package default), below
            their product, so that a crop is never sampled more finely than
            its pixels.
        **kwargs: See :class:`LoadClip`. Only OpenCV decodes at a fraction,
            so ``imdecode_backend`` must be 'auto' or 'cv2'.
    """

    def __init__(self, input_size: Tuple[int, int], margin: float = 0.8,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.imdecode_backend not in ('auto', 'cv2'):
            raise ValueError("`LoadReducedClip` needs imdecode_backend='cv2'"
                             f" or 'auto', got {self.imdecode_backend!r}")
        self.input_size = input_size
        self.margin = margin
        self._reduction = 1
        self._last: Tuple[str, Optional[Tuple[int, int]]] = ('', None)

    def _from_files(self, results: dict) -> List[np.ndarray]:
        self._reduction = self._choose(results)
        frames = super()._from_files(results)
        results['img_reduction'] = self._reduction
        return frames

    def transform(self, results: dict) -> Optional[dict]:
        """Load the clip; None if it is to be skipped."""
        loaded = super().transform(results)
        if loaded is not None and loaded.get('img_reduction', 1) != 1:
            height, width = loaded['img_shape']
            loaded['img_shape'] = loaded['ori_shape'] = (
                height * self._reduction, width * self._reduction)
        return loaded

    def _choose(self, results: dict) -> int:
        """The largest factor that fits box and file."""
        x1, y1, x2, y2 = results['bbox'][0]
        width, height = self.input_size
        # the crop has the input's aspect ratio and holds the box
        zoom = self.margin * max((x2 - x1) / width, (y2 - y1) / height)
        if zoom < min(_FLAGS):
            return 1
        size = self._size(results['img_path'])
        if size is None:
            return 1
        return max([1] + [
            factor for factor in _FLAGS
            if factor <= zoom and size[0] % factor == size[1] % factor == 0
        ])

    def _size(self, path: str) -> Optional[Tuple[int, int]]:
        """Width and height of a JPEG from its head; None otherwise."""
        # people of one frame come one after the other
        if self._last[0] != path:
            size = None
            try:
                data = fileio.get(path, backend_args=self.backend_args)
                with Image.open(io.BytesIO(data)) as image:
                    if image.format == 'JPEG':
                        size = image.size
            except OSError:
                pass  # the loader will say what is wrong
            self._last = (path, size)
        return self._last[1]

    def _cached(self, path: str) -> np.ndarray:
        key = (path, self._reduction)
        frame = self.cache.get(key)
        if frame is None:
            frame = self._read(path)
            self.cache.put(key, frame)
        return frame

    def _decode(self, data: bytes) -> Optional[np.ndarray]:
        if self._reduction == 1:
            return super()._decode(data)
        return cv2.imdecode(
            np.frombuffer(data, np.uint8), _FLAGS[self._reduction])
