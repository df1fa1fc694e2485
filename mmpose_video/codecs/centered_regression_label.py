"""Coordinates relative to the middle of the image."""
from typing import Optional, Tuple

import numpy as np
from mmpose.codecs import RegressionLabel
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class CenteredRegressionLabel(RegressionLabel):
    """Normalized coordinates in (-0.5, 0.5) in place of (0, 1).

    People stand in the middle of top-down crops, so a network that starts at
    0 starts in the middle, too. Heads that regress coordinates need their
    centered versions, :class:`CenteredRegressionHead` and so on, for the flip
    test and, where coordinates are expectations, their range.

    Args:
        input_size (tuple[int, int]): Width and height of the input.
        offset (float): What is subtracted. Defaults to 0.5.
    """

    def __init__(self, input_size: Tuple[int, int],
                 offset: float = 0.5) -> None:
        super().__init__(input_size)
        self.offset = offset

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None) -> dict:
        """Encode keypoints; see :meth:`RegressionLabel.encode`.

        Args:
            keypoints (np.ndarray): (N, K, 2), pixels of the input.
            keypoints_visible (np.ndarray, optional): (N, K).

        Returns:
            dict: ``keypoint_labels`` (N, K, 2) and ``keypoint_weights``
            (N, K).
        """
        encoded = super().encode(keypoints, keypoints_visible)
        encoded['keypoint_labels'] -= np.float32(self.offset)
        return encoded

    def decode(self, encoded: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Decode coordinates; see :meth:`RegressionLabel.decode`.

        Args:
            encoded (np.ndarray): (N, K, 2), or (N, K, 4) with deviations.

        Returns:
            tuple[np.ndarray]: Keypoints (N, K, 2) in pixels of the input, and
            scores (N, K).
        """
        shifted = encoded.copy()
        shifted[..., :2] += self.offset
        return super().decode(shifted)
