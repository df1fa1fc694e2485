"""Measure the speed of a model on this machine."""
import statistics
import time
from typing import Any

import torch
from torch import nn

from mmpose_video.models.pose_estimators import TopdownVideoPoseEstimator


@torch.inference_mode()
def clips_per_second(model: nn.Module,
                     shape: Any,
                     device: str = 'cpu',
                     passes: int = 5,
                     warm_up: int = 1) -> float:
    """Measure the speed of backbone, neck and head on random clips.

    Each clip gives the pose of one person in one key frame. Decoding of
    videos, cropping, the flip test and decoding of heatmaps are left out.

    Args:
        model (nn.Module): The estimator; it is moved to the device.
        shape (Sequence[int]): Of the clips, (N, T, 3, H, W).
        device (str): Where to run. Defaults to 'cpu'.
        passes (int): Number of timed passes; their median counts. Defaults
            to 5.
        warm_up (int): Passes before, in which libraries choose and load
            their kernels. Defaults to 1.

    Returns:
        float: N over the median time in seconds.

    Raises:
        ValueError: If there is nothing to time.
    """
    if passes < 1:
        raise ValueError(f'`passes` must be at least 1, got {passes}')
    model = model.to(device).eval()
    estimator: Any = model
    clips = torch.randn(tuple(shape), device=device)
    if not isinstance(model, TopdownVideoPoseEstimator):
        clips = clips[:, 0]  # MMPose's own take images
    seconds = []
    for _ in range(warm_up + passes):
        start = _now(device)
        estimator.head.forward(estimator.extract_feat(clips))
        seconds.append(_now(device) - start)
    return shape[0] / statistics.median(seconds[warm_up:])


def _now(device: str) -> float:
    """Return the time after all work on the device is done."""
    if device.startswith('cuda'):
        torch.cuda.synchronize(device)
    return time.perf_counter()
