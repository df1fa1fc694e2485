"""Apply a random image transform alike to all frames."""
import random

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ClipConsistent(BaseTransform):
    """Apply a transform of single images to all frames with the same draws.

    MMPose's photometric transforms (``PhotometricDistortion``,
    ``YOLOXHSVRandomAug``, pixel-level ``Albumentation``) take one image. With
    new draws for each frame the clip would flicker, a false motion cue. They
    all draw from the global generators of Python and NumPy, which are reset
    before each frame.

    Required Keys:

        - img (list[np.ndarray])

    Modified Keys:

        - img

    Args:
        transform (dict): Config of the transform. It must change pixel
            values only; MMPose's geometric transforms take lists of images.

    Raises:
        ValueError: If the transform changes the size of a frame.

    Examples:
        >>> dict(type='ClipConsistent',
        ...      transform=dict(type='PhotometricDistortion'))
    """

    def __init__(self, transform: dict) -> None:
        self.inner = TRANSFORMS.build(transform)

    def transform(self, results: dict) -> dict:
        """Transform the frames of a clip."""
        numpy_state, python_state = np.random.get_state(), random.getstate()
        frames = []
        for frame in results['img']:
            np.random.set_state(numpy_state)
            random.setstate(python_state)
            # a copy: some transforms work in place, and a frame may appear
            # twice in the clip
            out = self.inner({**results, 'img': frame.copy()})['img']
            if out.shape != frame.shape:
                raise ValueError(
                    f'{type(self.inner).__name__} changed a frame from '
                    f'{frame.shape} to {out.shape}; `ClipConsistent` is for '
                    'transforms of pixel values')
            frames.append(out)
        results['img'] = frames
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(transform={self.inner!r})'
