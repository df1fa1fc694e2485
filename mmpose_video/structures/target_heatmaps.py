"""Ground-truth heatmaps of a batch."""
from typing import Sequence

import torch
from mmpose.structures import PoseDataSample
from torch import Tensor


def stack_target_heatmaps(data_samples: Sequence[PoseDataSample]) -> Tensor:
    """Collect the heatmaps that the codec made.

    Args:
        data_samples (Sequence[PoseDataSample]): The N annotations.

    Returns:
        Tensor: Shape (N, K, h, w).

    Raises:
        ValueError: If a sample has none.
    """
    if any('gt_fields' not in sample or 'heatmaps' not in sample.gt_fields
           for sample in data_samples):
        raise ValueError(
            'a loss needs ground-truth heatmaps, but a sample has none; use a '
            'codec that makes heatmaps, such as `MSRAHeatmap`, in '
            '`GenerateTarget`')
    return torch.stack(
        [sample.gt_fields.heatmaps for sample in data_samples])
