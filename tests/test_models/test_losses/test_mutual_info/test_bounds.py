"""Bounds of mutual information: values on Gaussians, gradients, bad input."""
import math

import pytest
import torch
from mmpose.registry import MODELS

UPPER = ('CLUBUpperBound', 'LeaveOneOutUpperBound')
LOWER = ('InfoNCELowerBound', 'NWJLowerBound')
BOUNDS = UPPER + LOWER
DIM = 4


def gaussians(correlation, num=256, dim=DIM):
    """Samples whose channels correlate pairwise."""
    x = torch.randn(num, dim)
    rest = (1 - correlation**2)**0.5
    return x, correlation * x + rest * torch.randn(num, dim)


def fitted_estimate(name, correlation, noise_std, steps):
    """Train the estimator on fresh samples; mean estimate afterwards."""
    torch.manual_seed(0)
    estimator = MODELS.build(
        dict(
            type=name, x_channels=DIM, y_channels=DIM, noise_std=noise_std))
    optimizer = torch.optim.Adam(estimator.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        loss = estimator.fit(*gaussians(correlation))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        values = [estimator(*gaussians(correlation)) for _ in range(100)]
    return torch.stack(values).mean().item()


def squared_correlation(correlation, noise_std):
    """After noise of that size on both sides at unit scale."""
    return (correlation / (1 + noise_std**2))**2


@pytest.mark.slow
@pytest.mark.parametrize('noise_std', [0., 0.3])
@pytest.mark.parametrize('correlation', [0., 0.5, 0.9])
def test_club_on_gaussians(correlation, noise_std):
    estimate = fitted_estimate('CLUBUpperBound', correlation, noise_std, 300)
    r2 = squared_correlation(correlation, noise_std)
    truth = -DIM / 2 * math.log(1 - r2)
    limit = DIM * r2 / (1 - r2)  # of the bound itself, with the true p(y|x)
    assert estimate > truth - 0.02
    assert estimate == pytest.approx(limit, rel=0.06, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize('noise_std', [0., 0.3])
@pytest.mark.parametrize('correlation', [0., 0.5, 0.9])
def test_leave_one_out_on_gaussians(correlation, noise_std):
    estimate = fitted_estimate('LeaveOneOutUpperBound', correlation,
                               noise_std, 300)
    truth = -DIM / 2 * math.log(1 - squared_correlation(
        correlation, noise_std))
    assert truth - 0.02 < estimate < 1.1 * truth + 0.02


@pytest.mark.slow
@pytest.mark.parametrize('name', LOWER)
@pytest.mark.parametrize('correlation,noise_std', [(0., 0.), (0.5, 0.3),
                                                   (0.9, 0.3)])
def test_lower_bounds_on_gaussians(name, correlation, noise_std):
    estimate = fitted_estimate(name, correlation, noise_std, 250)
    truth = -DIM / 2 * math.log(1 - squared_correlation(
        correlation, noise_std))
    assert 0.88 * truth - 0.02 < estimate < truth + 0.02


def test_club_formula():
    """Against the double loop of the definition, in float64 by hand."""
    torch.manual_seed(0)
    estimator = MODELS.build(
        dict(type='CLUBUpperBound', x_channels=3, y_channels=2))
    for parameter in estimator.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x, y = torch.randn(7, 3), torch.randn(7, 2)
    torch.manual_seed(1)
    got = estimator(x, y)
    torch.manual_seed(1)
    x, y = estimator.samples(x, y)
    mean, log_var = (z.double() for z in estimator.conditional(x))
    log_q = torch.empty(7, 7, dtype=torch.float64)
    for i in range(7):
        for j in range(7):
            var = log_var[i].exp()
            log_q[i, j] = -0.5 * ((y[j] - mean[i])**2 / var + log_var[i] +
                                  math.log(2 * math.pi)).sum()
    expected = log_q.diagonal().mean() - log_q.mean()
    torch.testing.assert_close(got.double(), expected, rtol=1e-5, atol=1e-6)
    nll = estimator.conditional.neg_log_likelihood(x, y)
    torch.testing.assert_close(nll.double(), -log_q.diagonal().mean() / 2)


def test_leave_one_out_formula():
    torch.manual_seed(0)
    estimator = MODELS.build(
        dict(type='LeaveOneOutUpperBound', x_channels=3, y_channels=2))
    for parameter in estimator.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    torch.manual_seed(1)
    got = estimator(x, y)
    torch.manual_seed(1)
    x, y = estimator.samples(x, y)
    mean, log_var = (z.double() for z in estimator.conditional(x))
    expected = 0.
    for i in range(6):
        q = [
            torch.exp(-0.5 * ((y[i] - mean[j])**2 / log_var[j].exp() +
                              log_var[j]).sum()) for j in range(6)
        ]
        others = sum(q[:i] + q[i + 1:]) / 5
        expected = expected + torch.log(q[i] / others) / 6
    torch.testing.assert_close(got.double(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('name', LOWER)
def test_lower_bound_formula(name):
    torch.manual_seed(0)
    estimator = MODELS.build(dict(type=name, x_channels=3, y_channels=2))
    x, y = torch.randn(6, 3), torch.randn(6, 2)
    torch.manual_seed(1)
    got = estimator(x, y)
    torch.manual_seed(1)
    scores = estimator.critic(*estimator.samples(x, y)).double()
    if name == 'InfoNCELowerBound':
        softmax = scores.exp() / scores.exp().sum(1, keepdim=True)
        expected = torch.log(6 * softmax.diagonal()).mean()
    else:
        others = scores.exp()[~torch.eye(6, dtype=torch.bool)]
        expected = scores.diagonal().mean() - others.mean() / math.e
    torch.testing.assert_close(got.double(), expected, rtol=1e-5, atol=1e-6)


def test_critic_formula():
    """Row i of the scores belongs to x_i, bounded by ``max_score``."""
    from mmpose_video.models.losses.mutual_info.separable_critic import (
        SeparableCritic,
    )
    torch.manual_seed(0)
    critic = SeparableCritic(3, 2, 8, embed_channels=4, max_score=5.)
    x, y = torch.randn(6, 3), torch.randn(7, 2)
    scores = critic(x, y)
    a = critic.skips[0](x[2]) + critic.towers[0](x[2])
    b = critic.skips[1](y[5]) + critic.towers[1](y[5])
    raw = (a[:4] * b[:4]).sum() / 2 + a[4] + b[4]
    torch.testing.assert_close(scores[2, 5], 5 * torch.tanh(raw / 5))
    assert critic(1e6 * x, 1e6 * y).abs().max() <= 5


@pytest.mark.parametrize('name', BOUNDS)
def test_gradients_go_to_one_side_each(name):
    torch.manual_seed(0)
    estimator = MODELS.build(dict(type=name, x_channels=3, y_channels=2))
    for parameter in estimator.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    x = torch.randn(2, 3, 4, 5, requires_grad=True)
    y = torch.randn(2, 2, 4, 5, requires_grad=True)
    estimator(x, y).backward()
    assert x.grad.abs().sum() > 0 and y.grad.abs().sum() > 0
    assert all(p.grad is None for p in estimator.parameters())

    x.grad = y.grad = None
    estimator.fit(x, y).backward()
    assert x.grad is None and y.grad is None
    assert all(p.grad is not None for p in estimator.parameters())


def adversarial_maps():
    zero = torch.zeros(2, 3, 6, 5)
    spike = zero.clone()
    spike[0, 1, 2, 3] = 1e4
    torch.manual_seed(0)
    noise = torch.randn(2, 3, 6, 5)
    return dict(
        zero=zero,
        constant=zero + 7,
        spike=spike,
        half=(noise * 1e4).half(),
        bfloat16=noise.bfloat16(),
        tiny=noise * 1e-20,
        large=noise * 1e15)


@pytest.mark.parametrize('kind', adversarial_maps())
@pytest.mark.parametrize('name', BOUNDS)
def test_finite_for_adversarial_maps(name, kind):
    torch.manual_seed(0)
    estimator = MODELS.build(dict(type=name, x_channels=3, y_channels=3))
    for parameter in estimator.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    bad = adversarial_maps()[kind]
    good = torch.randn(2, 3, 6, 5)
    for x, y in ((bad, good), (good, bad), (bad, bad)):
        x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
        value = estimator(x, y)
        fit = estimator.fit(x, y)
        assert value.dtype == fit.dtype == torch.float32
        assert torch.isfinite(value) and torch.isfinite(fit)
        (value + fit).backward()
        assert torch.isfinite(x.grad).all() and torch.isfinite(y.grad).all()
        assert all(
            torch.isfinite(p.grad).all() for p in estimator.parameters())
        estimator.zero_grad()


@pytest.mark.parametrize('name', BOUNDS)
def test_autocast_changes_nothing(name):
    estimator = MODELS.build(dict(type=name, x_channels=3, y_channels=3))
    x, y = torch.randn(1, 3, 6, 5), torch.randn(1, 3, 6, 5)
    values = []
    for enabled in (False, True):
        torch.manual_seed(0)
        with torch.autocast('cpu', torch.bfloat16, enabled=enabled):
            values.append((estimator(x, y), estimator.fit(x, y)))
    assert values[0] == values[1]


@pytest.mark.parametrize('name', BOUNDS)
def test_single_sample_shows_nothing(name):
    estimator = MODELS.build(dict(type=name, x_channels=3, y_channels=2))
    value = estimator(torch.randn(1, 3), torch.randn(1, 2))
    assert value == 0


@pytest.mark.parametrize('name', BOUNDS)
def test_mismatch(name):
    estimator = MODELS.build(dict(type=name, x_channels=3, y_channels=3))
    with pytest.raises(ValueError, match='same clips and positions'):
        estimator(torch.rand(1, 3, 6, 5), torch.rand(1, 3, 5, 6))
    with pytest.raises(ValueError, match='same clips and positions'):
        estimator.fit(torch.rand(2, 3), torch.rand(3, 3))
