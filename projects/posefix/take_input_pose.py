"""Take the predicted pose of a test sample as the input."""
from typing import Dict

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class TakeInputPose(BaseTransform):
    """Pass on the pose of ``input_pose``, in pixels of the crop.

    To be put after the crop.

    Required Keys:

        - transformed_keypoints (1, K, 2), keypoints_visible (1, K),
          input_scores (1, K)

    Added Keys:

        - input_keypoints (1, K, 2) float32, pixels of the crop
        - input_present (1, K) bool
    """

    def transform(self, results: Dict) -> dict:
        """Copy the pose.

        Raises:
            ValueError: If the sample is not one of ``input_pose``.
        """
        if 'input_scores' not in results:
            raise ValueError('`TakeInputPose` is for testing with '
                             '`input_pose`; training synthesizes its poses')
        points = results['transformed_keypoints'][..., :2]
        results['input_keypoints'] = points.astype(np.float32)
        results['input_present'] = results['keypoints_visible'] > 0
        return results
