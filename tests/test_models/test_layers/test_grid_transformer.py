import pytest
import torch

from mmpose_video.models.layers.grid_transformer import (
    GridTransformer,
    pre_norm_layer,
)


def norm(x, module):
    x = x - x.mean(-1, keepdim=True)
    x = x / (x.square().mean(-1, keepdim=True) + module.eps).sqrt()
    return x * module.weight + module.bias


@pytest.mark.parametrize('training', [True, False])
def test_pre_norm_layer(training):
    """x + MHSA(LN(x)), then x + FFN(LN(x)), by hand; two heads."""
    torch.manual_seed(0)
    layer = pre_norm_layer(8, 2, 2.).train(training)
    x = torch.randn(3, 5, 8)
    attention = layer.self_attn
    qkv = norm(x, layer.norm1) @ attention.in_proj_weight.T
    q, k, v = (qkv + attention.in_proj_bias).chunk(3, dim=-1)
    heads = []
    for h in (slice(0, 4), slice(4, 8)):
        weights = (q[..., h] @ k[..., h].transpose(1, 2) / 2).softmax(-1)
        heads.append(weights @ v[..., h])
    x1 = x + attention.out_proj(torch.cat(heads, dim=-1))
    hidden = layer.linear1(norm(x1, layer.norm2))
    hidden = hidden * 0.5 * (1 + torch.erf(hidden / 2**0.5))
    wanted = x1 + layer.linear2(hidden)
    with torch.no_grad():  # evaluation without gradients has a fast path
        got = layer(x)
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_grid_transformer_attends_over_the_map():
    torch.manual_seed(0)
    net = GridTransformer(8, 2, 2, 2.)
    x = torch.randn(2, 8, 3, 4, requires_grad=True)
    out = net(x)
    assert out.shape == x.shape
    # a far cell of the same image matters, another image does not
    gradient, = torch.autograd.grad(out[0, :, 0, 0].sum(), x)
    assert gradient[0, :, 2, 3].abs().sum() > 0
    assert gradient[1].abs().sum() == 0


def test_grid_transformer_knows_positions():
    torch.manual_seed(0)
    net = GridTransformer(8, 1, 2, 2.)
    out = net(torch.ones(1, 8, 3, 4)).flatten(2)[0].T
    assert (torch.cdist(out, out) + torch.eye(12) > 1e-3).all()


def test_bad_widths():
    with pytest.raises(ValueError, match='multiple of 4'):
        GridTransformer(6, 1, 2, 2.)
    with pytest.raises(ValueError, match='divide the width 8'):
        pre_norm_layer(8, 3, 2.)
