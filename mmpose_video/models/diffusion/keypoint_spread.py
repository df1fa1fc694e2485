"""Disagreement of several hypotheses about a pose."""
import numpy as np


def spread_in_image(keypoints: np.ndarray, metainfo: dict) -> np.ndarray:
    """Measure how far apart the hypotheses place each keypoint.

    Args:
        keypoints (np.ndarray): Positions of P hypotheses in pixels of the
            model's input, shape (P, K, 2).
        metainfo (dict): Meta info of the sample: ``input_scale`` (size of the
            crop in the image) and ``input_size``, both (w, h).

    Returns:
        np.ndarray: The standard deviation, that is, the root of the mean
        squared distance from the mean position, in pixels of the image, (K,).
    """
    scale = np.asarray(metainfo['input_scale'], dtype=np.float64)
    scale = scale / np.asarray(metainfo['input_size'], dtype=np.float64)
    variance = (keypoints[..., :2] * scale).var(axis=0)
    return np.sqrt(variance.sum(axis=-1)).astype(np.float32)
