"""Decode a clip at a fraction of its size."""
from typing import Any, List, Optional, Tuple

import numpy as np
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.loading.frame_reader import REDUCTIONS
from mmpose_video.datasets.loading.image_header import read_header

from .load_clip import LoadClip


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
        backend = self.reader.imdecode_backend
        if backend not in ('auto', 'cv2'):
            raise ValueError("`LoadReducedClip` needs imdecode_backend='cv2'"
                             f" or 'auto', got {backend!r}")
        self.input_size = input_size
        self.margin = margin
        self._last: Tuple[str, Optional[Tuple[int, int]]] = ('', None)

    def _from_files(self, results: dict,
                    reduction: int = 1) -> List[np.ndarray]:
        reduction = self._choose(results)
        frames = super()._from_files(results, reduction)
        results['img_reduction'] = reduction
        return frames

    def transform(self, results: dict) -> Optional[dict]:
        """Load the clip; return None if the sample is to be skipped."""
        loaded = super().transform(results)
        if loaded is not None:
            reduction = loaded.get('img_reduction', 1)
            height, width = loaded['img_shape']
            loaded['img_shape'] = loaded['ori_shape'] = (height * reduction,
                                                         width * reduction)
        return loaded

    def _choose(self, results: dict) -> int:
        """The largest factor that fits box and file."""
        x1, y1, x2, y2 = results['bbox'][0]
        width, height = self.input_size
        # the crop has the input's aspect ratio and holds the box
        zoom = self.margin * max((x2 - x1) / width, (y2 - y1) / height)
        if zoom < min(REDUCTIONS):
            return 1
        size = self._size(results['img_path'])
        if size is None:
            return 1
        return max([1] + [
            factor for factor in REDUCTIONS
            if factor <= zoom and size[0] % factor == size[1] % factor == 0
        ])

    def _size(self, path: str) -> Optional[Tuple[int, int]]:
        """Width and height of a JPEG from its head; None otherwise."""
        # people of one frame come one after the other
        if self._last[0] != path:
            size = None
            try:
                header = read_header(self.reader.content(path))
            except OSError:
                header = None  # the loader will say what is wrong
            if header is not None and header.kind == 'JPEG':
                size = header.width, header.height
            self._last = (path, size)
        return self._last[1]
