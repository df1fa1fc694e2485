"""Draw the uncertainty of each keypoint."""
from typing import Any

import numpy as np
from mmengine.structures import InstanceData
from mmpose.registry import VISUALIZERS
from mmpose.visualization import PoseLocalVisualizer


@VISUALIZERS.register_module()
class SpreadLocalVisualizer(PoseLocalVisualizer):
    """Draw keypoints by their scores, with a disk of the spread under each.

    A keypoint is drawn if its score reaches ``kpt_thr``: ``keypoint_scores``
    if the instances have them, and else ``keypoints_visible``. (MMPose's
    visualizer looks at the visibility alone, and draws everything where there
    is none.) A keypoint whose position is not finite is absent and never
    drawn.

    Where instances carry ``keypoint_spread``, (N, K), in pixels of the image,
    each keypoint that is drawn gets a translucent disk whose radius is a
    multiple of the spread.

    Args:
        name (str): Name of the instance.
        *args: See :class:`mmpose.visualization.PoseLocalVisualizer`.
        spread_scale (float): Radius over spread, which is the root of the
            mean squared distance from the mean. Defaults to 2: if the
            hypotheses are normally distributed and as wide in x as in y, 98 %
            of them lie inside.
        spread_color (str | tuple[int]): Color of the disks. Defaults to
            'cyan'.
        spread_alpha (float): Opacity of the disks. Defaults to 0.4.
        **kwargs: See :class:`mmpose.visualization.PoseLocalVisualizer`.

    Raises:
        ValueError: If the scale is not positive.
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
                             kpt_thr: float = 0.3,
                             *args: Any,
                             **kwargs: Any) -> np.ndarray:
        """Draw the spread, then keypoints and skeletons over it."""
        if 'keypoints' in instances:
            instances = _with_drawn_scores(instances)
        if 'keypoint_spread' in instances:
            image = self._draw_spread(image, instances, kpt_thr)
        return super()._draw_instances_kpts(image, instances, kpt_thr, *args,
                                            **kwargs)

    def _draw_spread(self, image: np.ndarray, instances: InstanceData,
                     threshold: float) -> np.ndarray:
        """Draw a disk for each keypoint whose score reaches the threshold."""
        self.set_image(image)
        keypoints = instances.get('transformed_keypoints',
                                  instances.keypoints)
        radii = np.rint(self.spread_scale * instances.keypoint_spread)
        # a disk smaller than a pixel would be invisible
        shown = (instances.keypoints_visible >= threshold) & (radii >= 1)
        for center, radius in zip(keypoints[shown], radii[shown]):
            self.draw_circles(
                center[:2],
                radius=radius[None],
                face_colors=self.spread_color,
                edge_colors=self.spread_color,
                alpha=self.spread_alpha)
        return self.get_image()


def _with_drawn_scores(instances: InstanceData) -> InstanceData:
    """Copy the scores, which MMPose thresholds, to ``keypoints_visible``.

    Args:
        instances (InstanceData): N people of K keypoints; it is not changed.

    Returns:
        InstanceData: The same with ``keypoints_visible`` (N, K), which is
        minus infinity for absent keypoints.
    """
    instances = InstanceData(**dict(instances.items()))
    name = ('transformed_keypoints'
            if 'transformed_keypoints' in instances else 'keypoints')
    keypoints = np.asarray(instances[name])
    scores = np.ones(keypoints.shape[:2])
    for field in ('keypoint_scores', 'keypoints_visible'):
        if field in instances:
            scores = np.asarray(instances[field], dtype=float)
            break
    present = np.isfinite(keypoints).all(-1)
    instances.keypoints_visible = np.where(present, scores, -np.inf)
    setattr(instances, name, np.where(present[..., None], keypoints, 0.))
    return instances
