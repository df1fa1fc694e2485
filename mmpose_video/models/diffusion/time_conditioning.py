"""Conditioning of feature maps on the step of a diffusion process."""
import torch
from torch import Tensor, nn

MODES = ('scale', 'scale_shift', 'concat')


class TimeConditioning(nn.Module):
    """Modulate a map with the embedding of the step.

    DiffPose says that the embedding rescales the noisy heatmap; whether with
    a shift is not known, and the authors' notes also name concatenation. The
    first two start as the identity.

    Args:
        channels (int): Channels C of the map.
        time_dims (int): Size of the embedding.
        mode (str): 'scale' for x * (1 + a(t)); 'scale_shift' for
            x * (1 + a(t)) + b(t), DiffusionDet's form; 'concat' for the
            embedding as further channels and a 1x1 convolution.
    """

    def __init__(self, channels: int, time_dims: int, mode: str) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f'`time_conditioning` must be one of {MODES}, '
                             f'got {mode!r}')
        self.mode = mode
        width = 2 * channels if mode == 'scale_shift' else channels
        linear = nn.Linear(time_dims, width)
        self.project = nn.Sequential(nn.SiLU(), linear)
        if mode == 'concat':
            self.merge = nn.Conv2d(2 * channels, channels, 1)
        else:
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Modulate.

        Args:
            x (Tensor): Shape (B, C, h, w).
            embedding (Tensor): Shape (B, time_dims).

        Returns:
            Tensor: Shape (B, C, h, w).
        """
        code = self.project(embedding)[..., None, None]
        if self.mode == 'scale':
            return x * (1 + code)
        if self.mode == 'scale_shift':
            scale, shift = code.chunk(2, dim=1)
            return x * (1 + scale) + shift
        return self.merge(torch.cat([x, code.expand_as(x)], dim=1))
