import math

import pytest
import torch

from mmpose_video.models.layers.gated_attention import (
    ATTENTION_KINDS,
    GatedAttentionUnit,
)


def unit(**kwargs):
    """A unit in float64 whose last layer is no longer zero."""
    module = GatedAttentionUnit(12, query_dims=5, **kwargs).double()
    torch.nn.init.normal_(module.to_out.weight)
    torch.nn.init.normal_(module.beta)
    return module.eval()


def kernel(kind, a, s, n):
    if kind == 'relu2':
        return (a / math.sqrt(s)).clamp(min=0)**2
    if kind == 'relu2_n':
        return (a / n).clamp(min=0)**2
    if kind == 'relu2_sn':
        return a.clamp(min=0)**2 / (s * n)
    factor = 1 if kind == 'softmax' else math.log(n) / math.log(512)
    weights = torch.exp(factor * a / math.sqrt(s))
    return weights / weights.sum(-1, keepdim=True)


@pytest.mark.parametrize('kind', list(ATTENTION_KINDS))
def test_formula(kind):
    module = unit(attn=kind)
    x = torch.randn(1, 7, 12, dtype=torch.float64)
    normed = x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()

    def act(y):
        return y * torch.sigmoid(y)

    u = act(normed @ module.to_u.weight.T)
    v = act(normed @ module.to_v.weight.T)
    z = act(normed @ module.to_z.weight.T)
    q = z * module.gamma[0] + module.beta[0]
    k = z * module.gamma[1] + module.beta[1]
    out = x.clone()
    for i in range(7):
        row = torch.stack([(q[0, i] * k[0, j]).sum() for j in range(7)])
        weights = kernel(kind, row, 5, 7)
        mixed = sum(weights[j] * v[0, j] for j in range(7))
        out[0, i] += (u[0, i] * mixed) @ module.to_out.weight.T
    torch.testing.assert_close(module(x), out)


def test_starts_as_the_identity():
    x = torch.randn(2, 5, 12)
    assert torch.equal(GatedAttentionUnit(12)(x), x)


def test_one_token_attends_to_itself():
    module = unit(attn='softmax_plus')
    x = torch.randn(3, 1, 12, dtype=torch.float64)
    normed = module.norm(x)
    act = torch.nn.functional.silu
    expected = x + module.to_out(
        act(module.to_u(normed)) * act(module.to_v(normed)))
    torch.testing.assert_close(module(x), expected)


def test_softmax_plus_is_softmax_for_512_tokens():
    logits = torch.randn(4, 512, dtype=torch.float64)
    torch.testing.assert_close(ATTENTION_KINDS['softmax_plus'](logits, 8),
                               ATTENTION_KINDS['softmax'](logits, 8))


def test_order_of_tokens_does_not_matter():
    module = unit()
    x = torch.randn(1, 6, 12, dtype=torch.float64)
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    torch.testing.assert_close(module(x[:, order]), module(x)[:, order])


def test_context_gives_keys_and_values():
    module = unit()
    x = torch.randn(1, 4, 12, dtype=torch.float64)
    torch.testing.assert_close(module(x, x), module(x))
    other = torch.randn(1, 9, 12, dtype=torch.float64)
    assert module(x, other).shape == x.shape
    assert not torch.allclose(module(x, other), module(x))


def test_post_norm_has_unit_root_mean_square():
    out = unit(norm='post')(torch.randn(2, 4, 12, dtype=torch.float64))
    torch.testing.assert_close(out.square().mean(-1),
                               torch.ones(2, 4, dtype=torch.float64),
                               rtol=1e-5, atol=1e-5)


def test_gradients():
    module = unit()
    x = torch.randn(1, 3, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, (x, ))


@pytest.mark.parametrize('wrong', [dict(attn='relu'), dict(norm='none')])
def test_options_that_do_not_exist(wrong):
    with pytest.raises(ValueError, match='must be'):
        GatedAttentionUnit(8, **wrong)
