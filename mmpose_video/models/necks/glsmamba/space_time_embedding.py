"""Embedding of a token's position in space and time."""
import torch
from torch import Tensor, nn

from ...layers.sine_cosine_embedding import sine_cosine_embedding


class SpaceTimeEmbedding(nn.Module):
    """Add a sine-cosine spatial and a learnable temporal embedding.

    Args:
        channels (int): C of the tokens.
        num_frames (int): T.
        spatial (bool): Whether to add the spatial one. Defaults to True.
        temporal (bool): Whether to add the temporal one. Defaults to True.
    """

    def __init__(self,
                 channels: int,
                 num_frames: int,
                 spatial: bool = True,
                 temporal: bool = True) -> None:
        super().__init__()
        self.channels = channels
        self.spatial = spatial
        self.temporal = None
        if temporal:
            self.temporal = nn.Parameter(torch.zeros(num_frames, channels))
            nn.init.trunc_normal_(self.temporal, std=0.02)
        self._grid = torch.empty(0, 0, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Embed tokens of shape (N, T, h, w, C)."""
        if self.spatial:
            height, width = x.shape[2:4]
            if self._grid.shape[:2] != (height, width):
                self._grid = sine_cosine_embedding(height, width,
                                                   self.channels)
            self._grid = self._grid.to(x.device)
            x = x + self._grid.to(x.dtype)
        if self.temporal is not None:
            x = x + self.temporal[:, None, None].to(x.dtype)
        return x
