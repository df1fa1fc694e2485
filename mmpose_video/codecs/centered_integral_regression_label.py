"""Heatmaps with coordinates relative to the middle of the image."""
from typing import Any

from mmpose.codecs import IntegralRegressionLabel
from mmpose.registry import KEYPOINT_CODECS

from .centered_regression_label import CenteredRegressionLabel


@KEYPOINT_CODECS.register_module()
class CenteredIntegralRegressionLabel(IntegralRegressionLabel):
    """:class:`IntegralRegressionLabel` with coordinates in (-0.5, 0.5).

    Args:
        offset (float): See :class:`CenteredRegressionLabel`.
            Defaults to 0.5.
        **kwargs: See :class:`IntegralRegressionLabel`.
    """

    def __init__(self, *args: Any, offset: float = 0.5,
                 **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offset = offset
        self.keypoint_codec = CenteredRegressionLabel(
            self.heatmap_codec.input_size, offset)

    @property
    def input_size(self) -> tuple:
        """tuple[int, int]: Width and height of the input."""
        return self.keypoint_codec.input_size
