"""A layer of Poseur's decoder."""
from typing import Any

from mmcv.cnn.bricks.transformer import FFN
from torch import Tensor, nn

from .post_sampled_attention import PostSampledAttention


class PoseurDecoderLayer(nn.Module):
    """Self-attention within groups, deformable attention, feed-forward.

    Normalization follows each of the three.

    Args:
        channels (int): C.
        num_levels (int): Levels of features.
        num_heads (int): Of both attentions. Defaults to 8.
        num_points (int): Points of a head and level. Defaults to 4.
        ffn_channels (int): Defaults to 1024.
        dropout (float): Defaults to 0.1.
    """

    def __init__(self,
                 channels: int,
                 num_levels: int,
                 num_heads: int = 8,
                 num_points: int = 4,
                 ffn_channels: int = 1024,
                 dropout: float = 0.1) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(
            channels, num_heads, dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.cross_attn = PostSampledAttention(
            embed_dims=channels,
            num_heads=num_heads,
            num_levels=num_levels,
            num_points=num_points,
            dropout=dropout)
        self.ffn = FFN(channels, ffn_channels, ffn_drop=dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(3))

    def forward(self, query: Tensor, query_pos: Tensor, num_groups: int,
                **memory: Any) -> Tensor:
        """Update the queries.

        Args:
            query (Tensor): (N, G * K, C), group by group.
            query_pos (Tensor): (G * K, C).
            num_groups (int): G. Groups do not see each other.
            **memory: See :meth:`PostSampledAttention.forward`.

        Returns:
            Tensor: (N, G * K, C).
        """
        grouped = query.unflatten(1, (num_groups, -1)).flatten(0, 1)
        position = query_pos.unflatten(0, (num_groups, -1)).repeat(
            len(query), 1, 1)
        seen = self.self_attn(
            grouped + position, grouped + position, grouped,
            need_weights=False)[0]
        seen = seen.unflatten(0, (-1, num_groups)).flatten(1, 2)
        query = self.norms[0](query + self.dropout(seen))
        query = self.norms[1](
            self.cross_attn(query, query_pos=query_pos, **memory))
        return self.norms[2](self.ffn(query))
