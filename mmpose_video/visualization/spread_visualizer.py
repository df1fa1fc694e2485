"""Drawing of how unsure a model is of each joint."""
from typing import Any

import numpy as np
from mmengine.structures import InstanceData
from mmpose.registry import VISUALIZERS
from mmpose.visualization import PoseLocalVisualizer


@VISUALIZERS.register_module()
class SpreadLocalVisualizer(PoseLocalVisualizer):
    """The host's visualizer, with a disk of the spread under each joint.

    Where instances carry ``keypoint_spread``, (n, K), in pixels of the image,
    each joint that is drawn gets a translucent disk whose radius is a
    multiple of the spread; without that field nothing changes.

    Args:
        name (str): Name of the instance.
        *args: See the host's visualizer.
        spread_scale (float): Radius over spread. Defaults to 2: were the
            hypotheses spread normally and alike in x and y, 98 % of them
            would lie inside.
        spread_color (str | tuple[int]): Color of the disks. Defaults to
            'cyan'.
        spread_alpha (float): Opacity of the disks. Defaults to 0.4.
        **kwargs: See the host's visualizer.
    """

    def __init__(self,
                 name: str = 'visualizer',
                 *args: Any,
                 spread_scale: float = 2.,
                 spread_color: Any = 'cyan',
                 spread_alpha: float = 0.4,
                 **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        if spread_scale <= 0:
            raise ValueError('`spread_scale` must be positive, got '
                             f'{spread_scale}')
        self.spread_scale = spread_scale
        self.spread_color = spread_color
        self.spread_alpha = spread_alpha

    def _draw_instances_kpts(self,
                             image: np.ndarray,
                             instances: InstanceData,
                             *args: Any,
                             kpt_thr: float = 0.3,
                             **kwargs: Any) -> np.ndarray:
        """Draw the spread, then key points and skeletons over it."""
        # the host passes the threshold by position
        threshold = args[0] if args else kpt_thr
        if 'keypoint_spread' in instances:
            image = self._draw_spread(image, instances, threshold)
        if not args:
            kwargs['kpt_thr'] = kpt_thr
        return super()._draw_instances_kpts(image, instances, *args, **kwargs)

    def _draw_spread(self, image: np.ndarray, instances: InstanceData,
                     threshold: float) -> np.ndarray:
        """Draw a disk for each joint whose score reaches the threshold."""
        self.set_image(image)
        keypoints = instances.get('transformed_keypoints',
                                  instances.keypoints)
        scores = instances.get('keypoints_visible',
                               np.ones(keypoints.shape[:2]))
        radii = np.rint(self.spread_scale * instances.keypoint_spread)
        # a disk below a pixel would not be seen
        shown = (scores >= threshold) & (radii >= 1)
        for center, radius in zip(keypoints[shown], radii[shown]):
            self.draw_circles(
                center[:2],
                radius=radius[None],
                face_colors=self.spread_color,
                edge_colors=self.spread_color,
                alpha=self.spread_alpha)
        return self.get_image()
