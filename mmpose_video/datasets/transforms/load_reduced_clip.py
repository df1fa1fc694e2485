"""Decode a clip at a fraction of its size."""
from typing import Any, List, Optional, Tuple

import numpy as np
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.loading.frame_reader import REDUCTIONS

from .load_clip import LoadClip


@TRANSFORMS.register_module()
class LoadReducedClip(LoadClip):
    """Load a clip, with the frames of large people decoded at lower size.

    A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size in a fraction of the
    time. Where the person is larger than the model's input by such a factor,
    the crop is taken from the smaller picture. The largest factor is taken
    at which the crop does not repeat pixels. The result differs from a crop
    of the whole frame, which skips the pixels in between, and accuracy may
    differ either way: measure it before you compare numbers.

    Boxes, keypoints and ``img_shape`` stay in pixels of the file, so flips,
    random boxes and predictions need no change. The crop has to take the
    factor into account: the pipeline needs :class:`TopdownClipAffine`. Files
    other than JPEGs, and sizes that the factor does not divide, are decoded
    whole.

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
        """Return the largest factor that fits the box and the file."""
        x1, y1, x2, y2 = results['bbox'][0]
        width, height = self.input_size
        # the crop has the input's aspect ratio and holds the box
        zoom = self.margin * max((x2 - x1) / width, (y2 - y1) / height)
        if zoom < min(REDUCTIONS):
            return 1
        try:
            size = self.reader.jpeg_size(results['img_path'])
        except OSError:
            size = None  # the loader will say what is wrong
        if size is None:
            return 1
        return max([1] + [
            factor for factor in REDUCTIONS
            if factor <= zoom and size[0] % factor == size[1] % factor == 0
        ])
