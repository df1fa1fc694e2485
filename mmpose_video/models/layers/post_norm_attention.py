"""Post-norm Transformer blocks."""
from typing import Optional

from torch import Tensor, nn


class PostNormAttention(nn.Module):
    """Multi-head attention: ``LN(query + MHA(query, context))``.

    Args:
        channels (int): C.
        num_heads (int): Attention heads; must divide C.

    Raises:
        ValueError: If the heads do not divide the channels.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        if channels % num_heads:
            raise ValueError(f'{num_heads} heads do not divide {channels} '
                             'channels; set `num_heads`')
        self.mha = nn.MultiheadAttention(
            channels, num_heads, batch_first=True)
        self.norm = nn.LayerNorm(channels)

    def forward(self,
                query: Tensor,
                context: Tensor,
                mask: Optional[Tensor] = None) -> Tensor:
        """Attend.

        Args:
            query (Tensor): Shape (N, Q, C).
            context (Tensor): Shape (N, L, C).
            mask (Tensor, optional): True where a query must not look, (N,
                Q, L). The same for all heads.

        Returns:
            Tensor: Shape (N, Q, C).
        """
        if mask is not None:
            mask = mask.repeat_interleave(self.mha.num_heads, dim=0)
        attended, _ = self.mha(
            query, context, context, attn_mask=mask, need_weights=False)
        return self.norm(query + attended)


class PostNormFFN(nn.Module):
    """Two linear layers with a GELU between: ``LN(x + FFN(x))``.

    Args:
        channels (int): C.
        hidden_channels (int): Channels between the layers.
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden_channels)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden_channels, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Transform tokens, (N, L, C) to (N, L, C)."""
        return self.norm(x + self.fc2(self.act(self.fc1(x))))
