"""Synthesize the input pose of a training sample."""
from typing import Dict, Optional

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from .error_synthesizer import ErrorSynthesizer


@TRANSFORMS.register_module()
class SynthesizePose(BaseTransform):
    """Draw an input pose with errors; see :class:`ErrorSynthesizer`.

    To be put after the crop: errors are drawn in its pixels. Only the person
    itself remains in ``keypoints``.

    Required Keys:

        - transformed_keypoints (P, K, 2), keypoints, keypoints_visible,
          roles, keypoint_names, sigmas (of :class:`WithInputPoses`)
        - bbox, input_size, input_scale

    Added Keys:

        - input_keypoints (1, K, 2) float32, pixels of the crop
        - input_present (1, K) bool
        - input_kinds (1, K) int: kinds of the errors, -1 where absent
    """

    def __init__(self) -> None:
        self._synthesizer: Optional[ErrorSynthesizer] = None

    def transform(self, results: Dict) -> dict:
        """Draw the pose.

        Raises:
            ValueError: If the dataset attaches no people, or the pipeline
                does not crop before.
        """
        for key, hint in (('roles', 'a training dataset of PoseFix'),
                          ('transformed_keypoints', 'a crop before it')):
            if key not in results:
                raise ValueError(f'`SynthesizePose` needs {hint}: there is '
                                 f'no `{key}`')
        if self._synthesizer is None:
            self._synthesizer = ErrorSynthesizer(results['keypoint_names'],
                                                 results['sigmas'])
        points = results['transformed_keypoints'][..., :2].astype(np.float64)
        visible = results['keypoints_visible']
        visible = (visible[..., 0] if visible.ndim == 3 else visible) > 0
        roles = np.array(results['roles'])
        width, height = results['input_size']
        own, present = points[0].copy(), visible[0].copy()
        inside = ((own >= 0) & (own < (width, height))).all(axis=-1)
        num_labeled = int((present & inside).sum())
        for i in np.flatnonzero(roles == 'estimate'):
            fill = ~present & visible[i]
            own[fill], present[fill] = points[i][fill], True
        x1, y1, x2, y2 = results['bbox'][0]
        zoom = np.divide((width, height), results['input_scale']).prod()
        pose, kinds = self._synthesizer(
            own, present, points[roles == 'near'], visible[roles == 'near'],
            float((x2 - x1) * (y2 - y1) * zoom), num_labeled)
        for i in np.flatnonzero(roles == 'previous'):
            moved = visible[0] & visible[i]
            pose[moved] += points[i][moved] - points[0][moved]
        results['input_keypoints'] = pose[None].astype(np.float32)
        results['input_kinds'] = kinds[None]
        results['input_present'] = kinds[None] >= 0
        for key in ('keypoints', 'transformed_keypoints',
                    'keypoints_visible'):
            results[key] = results[key][:1]
        return results
