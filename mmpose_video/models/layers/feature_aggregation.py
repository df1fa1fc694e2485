"""Weights of branches from shared features."""
import torch
from torch import Tensor, nn


class FeatureAggregation(nn.Module):
    """Weigh the branches of an ensemble, per keypoint.

    OKDHP's feature aggregation unit (arXiv:2108.02092): the sum of 3x3, 5x5
    and 7x7 convolutions of the shared features is averaged over space and
    projected to one logit per branch and keypoint.

    Args:
        in_channels (int): C of the shared features.
        num_keypoints (int): K.
        num_branches (int): B.
        channels (int): Channels of the convolutions. Defaults to 256.
        hidden (int): Width of the bottleneck. Defaults to 64.
    """

    def __init__(self, in_channels: int, num_keypoints: int,
                 num_branches: int, channels: int = 256,
                 hidden: int = 64) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(in_channels, channels, size, padding=size // 2,
                          bias=False), nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True)) for size in (3, 5, 7))
        self.squeeze = nn.Linear(channels, hidden)
        self.logits = nn.ModuleList(
            nn.Linear(hidden, num_keypoints) for _ in range(num_branches))

    def forward(self, x: Tensor) -> Tensor:
        """Compute weights.

        Args:
            x (Tensor): Shape (N, C, h, w).

        Returns:
            Tensor: Shape (B, N, K); the sum over branches is 1.
        """
        mean = sum(conv(x) for conv in self.convs).mean((2, 3))
        mean = self.squeeze(mean)
        return torch.stack([layer(mean) for layer in self.logits]).softmax(0)
