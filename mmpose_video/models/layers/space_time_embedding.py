"""Where a token lies in space and time."""
import torch
from torch import Tensor, nn


def sine_cosine_embedding(height: int,
                          width: int,
                          channels: int,
                          temperature: float = 10000.) -> Tensor:
    """Fixed embedding of the positions of a grid.

    The first half of the channels speaks of the row, the second of the
    column; in each, sines and cosines of wavelengths that grow geometrically
    ("Attention Is All You Need", section 3.5, once per axis).

    Args:
        height (int): Rows, h.
        width (int): Columns, w.
        channels (int): C, a multiple of 4.
        temperature (float): Ratio of the longest and shortest wavelength.

    Returns:
        Tensor: Shape (h, w, C), float32.

    Raises:
        ValueError: If the channels are no multiple of 4.
    """
    if channels % 4:
        raise ValueError('a sine-cosine embedding of two axes needs a '
                         f'multiple of 4 channels, got {channels}')
    quarter = channels // 4
    exponent = torch.arange(quarter, dtype=torch.float64) / quarter
    frequency = temperature**-exponent

    def axis(size: int) -> Tensor:
        phase = torch.arange(size, dtype=torch.float64)[:, None] * frequency
        return torch.cat([phase.sin(), phase.cos()], dim=1)

    rows = axis(height)[:, None].expand(-1, width, -1)
    columns = axis(width)[None].expand(height, -1, -1)
    return torch.cat([rows, columns], dim=2).float()


class SpaceTimeEmbedding(nn.Module):
    """Adds a sine-cosine spatial and a learnable temporal embedding.

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
