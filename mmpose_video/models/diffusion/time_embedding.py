"""Embeddings of a step of a diffusion process."""
import math

import torch
from torch import Tensor, nn


def sinusoidal_embedding(t: Tensor,
                         dims: int,
                         max_period: float = 10000.) -> Tensor:
    """Return sines and cosines at geometrically spaced frequencies.

    Args:
        t (Tensor): Positions, any shape (...).
        dims (int): Size of the embedding, even.
        max_period (float): The longest period is 2 pi times this.

    Returns:
        Tensor: Shape (..., dims): the sines, then the cosines, float32.
    """
    half = dims // 2
    exponents = torch.arange(half, dtype=torch.float32, device=t.device) / half
    angles = t.float()[..., None] * torch.exp(
        -math.log(max_period) * exponents)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class TimeEmbedding(nn.Module):
    """Sinusoidal embedding of the step, followed by a small MLP.

    Args:
        dims (int): Width d of the sinusoidal part, even; the output has 4d.
    """

    def __init__(self, dims: int) -> None:
        super().__init__()
        if dims < 2 or dims % 2:
            raise ValueError('the width of the time embedding must be even '
                             f'and at least 2, got {dims}')
        self.dims = dims
        self.out_dims = 4 * dims
        self.mlp = nn.Sequential(
            nn.Linear(dims, self.out_dims), nn.GELU(),
            nn.Linear(self.out_dims, self.out_dims))

    def forward(self, t: Tensor) -> Tensor:
        """Embed steps.

        Args:
            t (Tensor): Shape (B,).

        Returns:
            Tensor: Shape (B, 4d).
        """
        embedding = sinusoidal_embedding(t, self.dims)
        dtype = next(self.mlp.parameters()).dtype
        return self.mlp(embedding.to(dtype))
