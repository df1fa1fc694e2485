"""The published estimator against a formula written by hand."""
import math

import pytest
import torch
from mmpose.registry import MODELS


def softmax_rows(x, temperature=0.05):
    """Plain softmax over positions in float64, rows (N * C, P)."""
    rows = x.detach().double().flatten(0, 1).flatten(1) / temperature
    e = (rows - rows.max(1, keepdim=True).values).exp()
    return e / e.sum(1, keepdim=True)


def maps(seed=0, scale=0.2):
    torch.manual_seed(seed)
    return scale * torch.randn(2, 3, 4, 5), scale * torch.randn(2, 3, 4, 5)


def test_value_and_gradient():
    x, y = maps()
    y.requires_grad_()
    value = MODELS.build(dict(type='PublishedMI'))(x.detach(), y)
    p, q = softmax_rows(x), softmax_rows(y)
    num_rows, num_positions = p.shape
    entropy = -(q * q.log()).sum(1)
    overlap = (q * p).sum(1)
    expected = -(entropy + overlap).mean() / num_positions
    torch.testing.assert_close(value.double(), expected, rtol=1e-5, atol=0)

    # d/dq_i = log q_i + 1 - p_i; then through the softmax of y / T
    value.backward()
    inner = q.log() + 1 - p
    grad = q * (inner - (q * inner).sum(1, keepdim=True)) / 0.05
    grad = grad / (num_rows * num_positions)
    torch.testing.assert_close(
        y.grad.double().flatten(0, 1).flatten(1), grad, rtol=1e-4, atol=1e-9)


@pytest.mark.filterwarnings('ignore:reduction')
@pytest.mark.parametrize('reduction', ['mean', 'batchmean'])
def test_equals_the_published_expression(reduction):
    """Both arguments with gradients, as for TDMI's useful/noisy term."""
    x, y = (z.requires_grad_() for z in maps(1))
    p, q = (torch.softmax(z.flatten(2) / 0.05, 2) for z in (x, y))
    expected = torch.nn.functional.kl_div(p, q, reduction=reduction)
    value = MODELS.build(dict(type='PublishedMI', reduction=reduction))(x, y)
    torch.testing.assert_close(value, expected)
    for got, wanted in zip(
            torch.autograd.grad(value, (x, y)),
            torch.autograd.grad(expected, (x, y))):
        torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-8)


def test_magnitude_on_a_full_size_map():
    """Between -(log P + 1) / P and 0: what the docstring claims."""
    estimator = MODELS.build(dict(type='PublishedMI'))
    flat = torch.zeros(1, 1, 96, 72)
    num = 96 * 72
    assert estimator(flat, flat).item() == pytest.approx(
        -(math.log(num) + 1 / num) / num, rel=1e-4)
    peak = flat.clone()
    peak[..., 40, 30] = 100
    assert estimator(peak, peak).item() == pytest.approx(-1 / num, rel=1e-4)


@pytest.mark.filterwarnings('ignore:reduction')
def test_underflow_has_a_gradient():
    """A map that spans 10: the published expression fails, ours does not."""
    x, _ = maps()
    y = x.clone()
    y[0, 0, 0, 0] += 10
    y.requires_grad_()
    p, q = (torch.softmax(z.flatten(2) / 0.05, 2) for z in (x, y))
    assert (q[0, 0] == 0).any()
    value = MODELS.build(dict(type='PublishedMI'))(x, y)
    published = torch.nn.functional.kl_div(p, q)
    torch.testing.assert_close(value, published)
    value.backward()
    assert torch.isfinite(y.grad).all()
    assert y.grad[0, 0].abs().max() < 1e-6  # a lone peak: nothing to gain
    assert y.grad[1].abs().max() > 1e-6


@pytest.mark.parametrize('kind', ['zero', 'constant', 'spike', 'half'])
@pytest.mark.parametrize('name', ['PublishedMI', 'SpatialSymmetricKL'])
def test_finite_for_adversarial_maps(name, kind):
    good, bad = maps()
    if kind == 'zero':
        bad.zero_()
    elif kind == 'constant':
        bad.fill_(7)
    elif kind == 'spike':
        bad.zero_()[0, 1, 2, 3] = 1e4
    else:
        bad = (bad * 5e4).half()
    estimator = MODELS.build(dict(type=name))
    for x, y in ((good, bad), (bad, good), (bad, bad)):
        x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
        with torch.autocast('cpu', torch.bfloat16):
            value = estimator(x, y)
        assert value.dtype == torch.float32 and torch.isfinite(value)
        value.backward()
        assert torch.isfinite(x.grad).all() and torch.isfinite(y.grad).all()
    assert estimator.fit(good, good) is None


@pytest.mark.parametrize('name', ['PublishedMI', 'SpatialSymmetricKL'])
def test_bad_arguments(name):
    with pytest.raises(ValueError, match='temperature'):
        MODELS.build(dict(type=name, temperature=0.))
    estimator = MODELS.build(dict(type=name))
    with pytest.raises(ValueError, match='channel by channel'):
        estimator(torch.rand(1, 3, 4, 5), torch.rand(1, 2, 4, 5))
    if name == 'PublishedMI':
        with pytest.raises(ValueError, match='reduction'):
            MODELS.build(dict(type=name, reduction='sum'))
