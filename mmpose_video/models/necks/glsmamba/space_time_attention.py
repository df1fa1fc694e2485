"""Self-attention over all tokens of a clip."""
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn


class SpaceTimeAttention(nn.Module):
    """Multi-head self-attention over T·h·w tokens.

    Its cost grows with the square of the number of tokens. It replaces
    :class:`SpaceTimeScan` for comparison.

    Args:
        channels (int): D.
        num_heads (int): Heads; must divide D. Defaults to 8.

    Raises:
        ValueError: If the heads do not divide the channels.
    """

    def __init__(self, channels: int, num_heads: int = 8) -> None:
        super().__init__()
        if channels % num_heads:
            raise ValueError(f'{num_heads} heads do not divide {channels} '
                             'channels')
        self.num_heads = num_heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Attend to all tokens.

        Args:
            x (Tensor): Tokens of shape (N, T, h, w, D).

        Returns:
            Tensor: Shape (N, 1, T, h, w, D), one "direction".
        """
        size = x.shape[1:4]
        query, key, value = rearrange(
            self.qkv(x), 'n t h w (p m d) -> p n m (t h w) d', p=3,
            m=self.num_heads)
        y = F.scaled_dot_product_attention(query, key, value)
        y = self.proj(rearrange(y, 'n m l d -> n l (m d)'))
        return y.unflatten(1, size).unsqueeze(1)
