"""Coordinates and deviations from the whole image at once."""
from typing import Tuple

import torch
from mmdet.models.layers.transformer.utils import coordinate_to_encoding
from torch import Tensor, nn


class KeypointEncoder(nn.Module):
    """Regress a first guess, and make queries of coordinates.

    Args:
        channels (int): C, of the features.
        num_keypoints (int): K.
    """

    def __init__(self, channels: int, num_keypoints: int) -> None:
        super().__init__()
        self.coordinates = nn.Linear(channels, 2 * num_keypoints)
        self.sigmas = nn.Linear(channels, 2 * num_keypoints)
        self.embed = nn.Linear(2 * channels, channels)
        self.norm = nn.LayerNorm(channels)
        self.num_feats = channels // 2
        # guesses start in the middle
        nn.init.normal_(self.coordinates.weight, std=0.01)
        nn.init.constant_(self.coordinates.bias, 0.5)

    def forward(self, coarsest: Tensor) -> Tuple[Tensor, Tensor]:
        """Regress from the mean of the coarsest level.

        Args:
            coarsest (Tensor): (N, C, h, w).

        Returns:
            tuple[Tensor, Tensor]: Coordinates, in units of the image, and
            deviations, (N, K, 2) each. The features are brought to length
            one for the coordinates.
        """
        x = coarsest.mean(dim=(2, 3))
        length = x.norm(dim=1, keepdim=True).clamp(min=1e-6)
        return (self.coordinates(x / length).unflatten(1, (-1, 2)),
                self.sigmas(x).sigmoid().unflatten(1, (-1, 2)))

    def queries(self, points: Tensor) -> Tensor:
        """Embed coordinates, as they are and moved into the image.

        Args:
            points (Tensor): (N, Q, 2).

        Returns:
            Tensor: (N, Q, C).
        """
        both = torch.cat([
            coordinate_to_encoding(x, self.num_feats)
            for x in (points, points.clamp(0, 1))
        ], dim=-1)
        return self.norm(self.embed(both))
