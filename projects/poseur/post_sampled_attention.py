"""Deformable attention that projects after sampling."""
from typing import Any, Optional

import torch
from mmcv.ops.multi_scale_deform_attn import (
    MultiScaleDeformableAttention,
    MultiScaleDeformableAttnFunction,
    multi_scale_deformable_attn_pytorch,
)
from torch import Tensor


class PostSampledAttention(MultiScaleDeformableAttention):
    """:class:`MultiScaleDeformableAttention` for few queries.

    The projection of values is linear, so it may be applied to what was
    sampled instead of to all cells of all levels: Poseur has K queries and
    thousands of cells. With the same weights the result is that of the
    usual order, but for the bias at points outside of the image.

    Args:
        **kwargs: See the base class; ``batch_first`` is True.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(batch_first=True, **kwargs)

    def forward(self,
                query: Tensor,
                value: Tensor,
                reference_points: Tensor,
                spatial_shapes: Tensor,
                level_start_index: Tensor,
                query_pos: Optional[Tensor] = None,
                **kwargs: Any) -> Tensor:
        """Attend to points around the reference points.

        Args:
            query (Tensor): (N, Q, C).
            value (Tensor): (N, L, C), the cells of all levels.
            reference_points (Tensor): (N, Q, 2) in units of the image.
            spatial_shapes (Tensor): (levels, 2), height and width.
            level_start_index (Tensor): (levels, ) first cells.
            query_pos (Tensor, optional): Added to the query.
            **kwargs: Not used.

        Returns:
            Tensor: (N, Q, C), with the query added.
        """
        identity = query
        if query_pos is not None:
            query = query + query_pos
        num, num_query, _ = query.shape
        shape = (num, num_query, self.num_heads, self.num_levels,
                 self.num_points)
        offsets = self.sampling_offsets(query).view(*shape, 2)
        weights = self.attention_weights(query).view(*shape[:3], -1)
        weights = weights.softmax(dim=-1).view(shape)
        size = spatial_shapes.flip(-1)[:, None].to(offsets)
        places = reference_points[:, :, None, None, None] + offsets / size
        # every head samples all channels: heads become queries of one head
        places = places.flatten(1, 2)[:, :, None].contiguous()
        weights = weights.flatten(1, 2)[:, :, None].contiguous()
        whole = value[:, :, None].contiguous()
        if value.is_cuda:
            sampled = MultiScaleDeformableAttnFunction.apply(
                whole, spatial_shapes, level_start_index, places, weights,
                self.im2col_step)
        else:
            sampled = multi_scale_deformable_attn_pytorch(
                whole, spatial_shapes, places, weights)
        sampled = sampled.view(num, num_query, self.num_heads, -1)
        weight = self.value_proj.weight.view(self.num_heads, -1,
                                             self.embed_dims)
        projected = torch.einsum('nqhc,hdc->nqhd', sampled, weight)
        projected = projected.flatten(2) + self.value_proj.bias
        return self.dropout(self.output_proj(projected)) + identity
