"""Leave keypoints outside of the crop out of the training."""
from typing import Dict

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class HideOutsideKeypoints(BaseTransform):
    """Make keypoints outside of the crop invisible.

    MMPose's heatmap codecs keep a keypoint as long as a part of its Gaussian
    lies in the heatmap. The released code of DCPose's lineage drops those
    with ``x < 0``, ``y < 0``, ``x > W`` or ``y > H``. Put it after the crop
    and before the targets are generated.

    Required Keys:

        - transformed_keypoints (np.ndarray): (1, K, 2) in pixels of the crop
        - keypoints_visible (np.ndarray): (1, K) or (1, K, 2)
        - input_size (tuple[int, int]): (W, H)

    Modified Keys:

        - keypoints_visible
    """

    def transform(self, results: Dict) -> dict:
        """Hide the keypoints."""
        points = results['transformed_keypoints'][..., :2]
        outside = ((points < 0) |
                   (points > np.array(results['input_size']))).any(-1)
        visible = np.array(results['keypoints_visible'])
        visible[outside] = 0
        results['keypoints_visible'] = visible
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
