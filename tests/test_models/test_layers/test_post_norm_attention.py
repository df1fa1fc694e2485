"""Post-norm blocks against their formulas."""
import math

import pytest
import torch
import torch.nn.functional as F

from mmpose_video.models.layers.post_norm_attention import (
    PostNormAttention,
    PostNormFFN,
)


def by_head(layer, query, context, mask):
    """Attention of one sample, one head and one query after the other."""
    mha, channels = layer.mha, query.shape[-1]
    width = channels // mha.num_heads
    w_q, w_k, w_v = mha.in_proj_weight.chunk(3)
    b_q, b_k, b_v = mha.in_proj_bias.chunk(3)
    q, k, v = query @ w_q.T + b_q, context @ w_k.T + b_k, context @ w_v.T + b_v
    out = torch.zeros_like(query)
    for head in range(mha.num_heads):
        part = slice(head * width, (head + 1) * width)
        for i in range(len(query)):
            seen = ~mask[i]
            scores = k[seen][:, part] @ q[i, part] / math.sqrt(width)
            out[i, part] = scores.softmax(0) @ v[seen][:, part]
    return mha.out_proj(out)


def test_attention():
    layer = PostNormAttention(8, 2).double()
    query = torch.randn(3, 4, 8, dtype=torch.float64)
    context = torch.randn(3, 6, 8, dtype=torch.float64)
    mask = torch.rand(3, 4, 6) < 0.4
    mask[..., 0] = False
    out = layer(query, context, mask)
    for n in range(3):
        expected = F.layer_norm(
            query[n] + by_head(layer, query[n], context[n], mask[n]), (8, ))
        torch.testing.assert_close(out[n], expected)


def test_heads_must_divide_the_channels():
    with pytest.raises(ValueError, match='3 heads do not divide 8 channels'):
        PostNormAttention(8, 3)


def test_ffn():
    ffn = PostNormFFN(4, 6).double()
    x = torch.randn(2, 3, 4, dtype=torch.float64)
    hidden = x @ ffn.fc1.weight.T + ffn.fc1.bias
    hidden = hidden * (1 + torch.erf(hidden / math.sqrt(2))) / 2
    expected = F.layer_norm(x + hidden @ ffn.fc2.weight.T + ffn.fc2.bias,
                            (4, ))
    torch.testing.assert_close(ffn(x), expected)
