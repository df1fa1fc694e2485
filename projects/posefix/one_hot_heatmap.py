"""Coordinates as one-hot heatmaps between the cells."""
from typing import Optional, Tuple

import numpy as np
from mmpose.codecs import RegressionLabel
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class OneHotHeatmap(RegressionLabel):
    """Normalized coordinates, and heatmaps that are one at the keypoint.

    Between cells the one is shared by the four around it, bilinearly, so
    that the expectation of the heatmap is the keypoint. What would fall on
    cells beyond the edge falls on the edge.

    Encoded:

        - keypoint_labels (np.ndarray): (N, K, 2) in units of the input
        - keypoint_weights (np.ndarray): (N, K)
        - heatmaps (np.ndarray): (K, h, w), summing to one, or to zero where
          the weight is zero

    Args:
        input_size (tuple[int, int]): Width and height of the crop.
        heatmap_size (tuple[int, int]): Width and height of the heatmaps.
    """

    field_mapping_table = dict(heatmaps='heatmaps')

    def __init__(self, input_size: Tuple[int, int],
                 heatmap_size: Tuple[int, int]) -> None:
        super().__init__(input_size)
        self.heatmap_size = heatmap_size

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None) -> dict:
        """Encode the keypoints of a person.

        Args:
            keypoints (np.ndarray): (1, K, 2) pixels of the crop.
            keypoints_visible (np.ndarray, optional): (1, K).

        Returns:
            dict: See the class.

        Raises:
            ValueError: If there is more than one person.
        """
        if len(keypoints) != 1:
            raise ValueError('`OneHotHeatmap` encodes one person, got '
                             f'{len(keypoints)}')
        encoded = super().encode(keypoints, keypoints_visible)
        width, height = self.heatmap_size
        heatmaps = np.zeros((keypoints.shape[1], height, width), np.float32)
        places = encoded['keypoint_labels'][0] * (width, height)
        for heatmap, place, weight in zip(heatmaps, places,
                                          encoded['keypoint_weights'][0]):
            if not weight:
                continue
            x, y = np.floor(place).astype(int)
            right, below = place - (x, y)
            for column, part_x in ((x, 1 - right), (x + 1, right)):
                for row, part_y in ((y, 1 - below), (y + 1, below)):
                    heatmap[min(row, height - 1),
                            min(column, width - 1)] += part_x * part_y
        return dict(encoded, heatmaps=heatmaps)
