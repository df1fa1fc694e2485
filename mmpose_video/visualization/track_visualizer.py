"""Draw people in the colors of their tracks."""
import colorsys
from typing import Any, Tuple

import numpy as np
from mmengine.structures import InstanceData
from mmpose.registry import VISUALIZERS

from .spread_visualizer import SpreadLocalVisualizer


def track_color(track_id: int) -> Tuple[int, int, int]:
    """Return the color of a track; neighboring ids differ clearly.

    Args:
        track_id (int): The id.

    Returns:
        tuple[int, int, int]: RGB, 0 to 255.
    """
    # steps of the golden ratio around the circle of hues
    hue = (track_id * 0.6180339887498949) % 1.
    value = 1. if track_id % 2 else 0.8
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.85, value)
    return round(255 * red), round(255 * green), round(255 * blue)


@VISUALIZERS.register_module()
class TrackLocalVisualizer(SpreadLocalVisualizer):
    """Draw people with the colors and numbers of their tracks.

    Where instances carry ``track_ids``, (N, ), boxes get the color and the
    number of their track, and with ``color_by='track'`` skeletons its color;
    without that field nothing changes.

    Args:
        name (str): Name of the instance.
        *args: See :class:`SpreadLocalVisualizer`.
        color_by (str): ``'part'``, the skeleton's colors in the dataset, or
            ``'track'``. Defaults to 'part'.
        **kwargs: See :class:`SpreadLocalVisualizer`.

    Raises:
        ValueError: If ``color_by`` is neither.
    """

    def __init__(self,
                 name: str = 'visualizer',
                 *args: Any,
                 color_by: str = 'part',
                 **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        if color_by not in ('part', 'track'):
            raise ValueError("`color_by` must be 'part' or 'track', got "
                             f'{color_by!r}')
        self.color_by = color_by
        self.kpt_color: Any
        self.link_color: Any

    def _draw_instances_kpts(self, image: np.ndarray,
                             instances: InstanceData, *args: Any,
                             **kwargs: Any) -> np.ndarray:
        """Draw each person in the color of the track."""
        if self.color_by == 'part' or 'track_ids' not in instances:
            return super()._draw_instances_kpts(image, instances, *args,
                                                **kwargs)
        colors = self.kpt_color, self.link_color
        try:
            for i, track_id in enumerate(instances.track_ids):
                color = track_color(int(track_id))
                self.kpt_color = [color] * instances.keypoints.shape[1]
                self.link_color = [color] * len(self.skeleton or ())
                image = super()._draw_instances_kpts(
                    image, instances[i:i + 1], *args, **kwargs)
        finally:
            self.kpt_color, self.link_color = colors
        return image

    def _draw_instances_bbox(self, image: np.ndarray,
                             instances: InstanceData) -> np.ndarray:
        """Draw each box with the color and the number of the track."""
        if 'track_ids' not in instances or 'bboxes' not in instances:
            return super()._draw_instances_bbox(image, instances)
        self.set_image(image)
        for box, track_id in zip(instances.bboxes, instances.track_ids):
            color = track_color(int(track_id))
            self.draw_bboxes(
                box[None], edge_colors=color, line_widths=self.line_width)
            self.draw_texts(
                str(track_id),
                box[:2],
                colors=(255, 255, 255),
                font_sizes=15,
                # above the box, or inside where the image ends there
                vertical_alignments='bottom' if box[1] > 16 else 'top',
                bboxes=[dict(facecolor=color, alpha=0.8, pad=0.7)])
        return self.get_image()
