"""Fixed embedding of grid positions."""
import torch
from torch import Tensor


def sine_cosine_embedding(height: int,
                          width: int,
                          channels: int,
                          temperature: float = 10000.) -> Tensor:
    """Embed the positions of a grid by sines and cosines.

    The first half of the channels encodes the row, the second half the
    column; each half holds sines and cosines of geometrically growing
    wavelengths ("Attention Is All You Need", section 3.5, once per axis).

    Args:
        height (int): Number of rows, h.
        width (int): Number of columns, w.
        channels (int): C, a multiple of 4.
        temperature (float): Ratio of the longest and shortest wavelength.

    Returns:
        Tensor: Shape (h, w, C), float32.

    Raises:
        ValueError: If the number of channels is not a multiple of 4.
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
