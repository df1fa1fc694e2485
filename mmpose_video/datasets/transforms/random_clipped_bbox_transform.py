"""Scale and rotate boxes with clipped normal draws."""
from typing import Tuple

import numpy as np
from mmcv.transforms.utils import cache_randomness
from mmpose.datasets.transforms import RandomBBoxTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomClippedBBoxTransform(RandomBBoxTransform):
    """Scale and rotate boxes as the released code of DCPose's lineage does.

    With n normally distributed, the factor of the scale is
    ``clip(1 + s * n, 1 - s, 1 + s)`` and the angle
    ``clip(r * n, -2 * r, 2 * r)``. MMPose draws from a normal distribution
    that is cut at one standard deviation, and so never gives one of the
    bounds: here 32 % of the factors and 5 % of the angles are bounds.

    Required Keys:

        - bbox_center
        - bbox_scale

    Modified Keys:

        - bbox_scale

    Added Keys:

        - bbox_rotation

    Args:
        scale_factor (float): s. Defaults to 0.35.
        rotate_factor (float): r in degrees. Defaults to 45.
        rotate_prob (float): Probability of a rotation. Defaults to 0.6.
    """

    def __init__(self,
                 scale_factor: float = 0.35,
                 rotate_factor: float = 45.,
                 rotate_prob: float = 0.6) -> None:
        super().__init__(
            shift_factor=0.,
            shift_prob=0.,
            scale_factor=(1 - scale_factor, 1 + scale_factor),
            rotate_factor=rotate_factor,
            rotate_prob=rotate_prob)

    @cache_randomness
    def _get_transform_params(
            self, num_bboxes: int
    ) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw offsets (N, 2), all 0, scales (N, 1) and angles (N, )."""
        low, high = self.scale_factor
        scale = np.clip(
            1 + (high - 1) * np.random.randn(num_bboxes, 1), low, high)
        limit = 2 * self.rotate_factor
        rotate = np.clip(self.rotate_factor * np.random.randn(num_bboxes),
                         -limit, limit)
        turned = np.random.rand(num_bboxes) <= self.rotate_prob
        return np.zeros((num_bboxes, 2)), scale, np.where(turned, rotate, 0.)
