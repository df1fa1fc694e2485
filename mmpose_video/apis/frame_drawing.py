"""Draw the people of frames, and the heatmaps that they come from."""
import contextlib
from typing import Any, Callable, Dict, Iterator, Tuple

import cv2
import numpy as np
from mmpose.structures import PoseDataSample

from mmpose_video.visualization.track_visualizer import TrackLocalVisualizer

from .clip_window import Clip
from .options import DrawingOptions
from .protocols import PoseModel


class FrameDrawing:
    """Draw the people of frames in one style.

    Args:
        meta (dict): Meta information of the model's dataset.
        style (DrawingOptions): How people are drawn.
    """

    def __init__(self, meta: Dict[str, Any], style: DrawingOptions) -> None:
        self.style = style
        self.visualizer = TrackLocalVisualizer(
            color_by=style.color_by,
            radius=style.radius,
            line_width=style.thickness)
        self.visualizer.set_dataset_meta(meta)

    def task(self, clip: Clip,
             sample: PoseDataSample) -> Callable[[], np.ndarray]:
        """Return a function that draws a key frame, (H, W, 3) uint8 BGR.

        Args:
            clip (Clip): The clip; its other frames are not kept.
            sample (PoseDataSample): The people of the key frame.
        """
        frame = clip.key

        def draw() -> np.ndarray:
            drawn = self.visualizer.add_datasample(
                frame.name,
                cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB),
                sample,
                draw_gt=False,
                draw_bbox=self.style.draw_bbox,
                draw_heatmap=self.style.draw_heatmap,
                kpt_thr=self.style.kpt_thr)
            # not a reversed view, which encoders would copy slowly
            return cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR)

        return draw


def predict_heatmaps(results: Iterator[Tuple[Clip, PoseDataSample]],
                     model: PoseModel,
                     wanted: bool) -> Iterator[Tuple[Clip, PoseDataSample]]:
    """Yield predictions, with their heatmaps if these are wanted.

    The model is set only while it predicts: several videos may be read in
    turn with one model, and a video may be left before its end.

    Args:
        results (Iterator): Predictions that are made as they are asked for.
        model (PoseModel): What makes them.
        wanted (bool): Whether the heatmaps are.

    Yields:
        tuple: The predictions.
    """
    while True:
        with _output_heatmaps(model, wanted):
            result = next(results, None)
        if result is None:
            return
        yield result


@contextlib.contextmanager
def _output_heatmaps(model: PoseModel, wanted: bool) -> Iterator[None]:
    """Set whether a model returns its heatmaps within the ``with`` block."""
    before = model.test_cfg
    model.test_cfg = dict(before or {}, output_heatmaps=wanted)
    try:
        yield
    finally:
        model.test_cfg = before
