import pytest
import torch
from mmpose.registry import MODELS


def gaussian_logits(center, sigma, temperature):
    """Map whose softmax is a Gaussian on a wide grid."""
    ys, xs = torch.meshgrid(
        torch.arange(64.), torch.arange(64.), indexing='ij')
    squared = (xs - center[0])**2 + (ys - center[1])**2
    return (-temperature * squared / (2 * sigma**2)).view(1, 1, 64, 64)


def test_known_divergence():
    """J of two Gaussians of one width is the squared distance / sigma^2."""
    estimator = MODELS.build(dict(type='SpatialSymmetricKL', temperature=0.5))
    x = gaussian_logits((30, 31), 3., 0.5)
    y = gaussian_logits((33, 27), 3., 0.5)
    assert estimator(x, y).item() == pytest.approx(-25 / 9, rel=1e-4)
    assert estimator(y, x) == estimator(x, y)


def test_formula_and_gradient():
    torch.manual_seed(0)
    x = 0.2 * torch.randn(2, 3, 4, 5, dtype=torch.float64)
    y = 0.2 * torch.randn(2, 3, 4, 5, dtype=torch.float64)

    def plain(x, y):
        p, q = ((z.flatten(2) / 0.05).softmax(2) for z in (x, y))
        kl = (p * (p / q).log()).sum(2) + (q * (q / p).log()).sum(2)
        return -kl.mean()

    estimator = MODELS.build(dict(type='SpatialSymmetricKL'))
    x.requires_grad_(), y.requires_grad_()
    expected = torch.autograd.grad(plain(x, y), (x, y))
    value = estimator(x, y)
    torch.testing.assert_close(
        value.double(), plain(x, y), rtol=1e-5, atol=1e-6)
    for got, wanted in zip(torch.autograd.grad(value, (x, y)), expected):
        torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_zero_for_equal_maps_only():
    torch.manual_seed(0)
    estimator = MODELS.build(dict(type='SpatialSymmetricKL'))
    x, y = torch.randn(2, 2, 3, 4, 5)
    assert estimator(x, x) == 0
    assert estimator(x, x + 3) == pytest.approx(0, abs=1e-4)  # same softmax
    assert estimator(x, y) < -1
