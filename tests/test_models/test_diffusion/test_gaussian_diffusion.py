"""The process against its closed forms."""
import math

import pytest
import torch

from mmpose_video.models.diffusion import GaussianDiffusion


def oracle_alphas(schedule, T):
    """Cumulative products by plain loops in Python floats."""
    out, product = [], 1.
    for t in range(T):
        if schedule == 'linear':
            first, last = 1e-4 * 1000 / T, 0.02 * 1000 / T
            beta = first + (last - first) * t / (T - 1)
        else:

            def f(u):
                return math.cos((u / T + 0.008) / 1.008 * math.pi / 2)**2

            beta = min(1 - f(t + 1) / f(t), 0.999)
        product *= 1 - beta
        out.append(product)
    return torch.tensor(out, dtype=torch.float64)


@pytest.mark.parametrize('schedule', ['cosine', 'linear'])
@pytest.mark.parametrize('T', [1000, 100])
def test_schedule(schedule, T):
    diffusion = GaussianDiffusion(T, schedule)
    alphas = diffusion.alphas_cumprod
    assert alphas.dtype == torch.float64
    assert alphas.shape == (T, )
    torch.testing.assert_close(alphas, oracle_alphas(schedule, T))
    assert (alphas.diff() < 0).all()
    # the start is almost clean, the end almost nothing but noise
    assert alphas[0] > 0.99 and alphas[-1] < 1e-4


def test_linear_schedule_has_ddpm_end_points():
    alphas = GaussianDiffusion(1000, 'linear').alphas_cumprod
    assert 1 - alphas[0].item() == pytest.approx(1e-4)
    assert 1 - (alphas[-1] / alphas[-2]).item() == pytest.approx(0.02)


@pytest.mark.parametrize('scale', [0.5, 2.])
def test_scale(scale):
    diffusion = GaussianDiffusion(signal_scale=scale)
    x = torch.tensor([-0.5, 0., 0.25, 1., 7.])
    wanted = torch.tensor([-1., -1., -0.5, 1., 1.]) * scale
    torch.testing.assert_close(diffusion.scale(x), wanted)


@pytest.mark.parametrize('schedule', ['cosine', 'linear'])
@pytest.mark.parametrize('t', [0, 300, 999])
def test_add_noise_has_the_closed_form_mean_and_variance(schedule, t):
    torch.manual_seed(0)
    scale, num = 1.5, 200_000
    diffusion = GaussianDiffusion(1000, schedule, scale)
    x0 = torch.tensor([0., 0.8]).expand(num, -1)
    z = diffusion.add_noise(x0, torch.full((num, ), t), torch.randn(num, 2))
    a = oracle_alphas(schedule, 1000)[t].item()
    mean = math.sqrt(a) * (2 * x0[0] - 1) * scale
    # five standard errors
    error = 5 * math.sqrt((1 - a) / num)
    torch.testing.assert_close(z.mean(0), mean, rtol=1e-5, atol=error + 1e-6)
    torch.testing.assert_close(
        z.var(0), torch.full((2, ), 1 - a), rtol=0.02, atol=1e-6)


def test_add_noise_agrees_with_the_chain_of_single_steps():
    """q(z_t | x_0) is what t single steps of the Markov chain make."""
    diffusion = GaussianDiffusion(10, 'linear')
    alphas = diffusion.alphas_cumprod
    mean, variance = 1., 0.
    for t in range(10):
        alpha = (alphas[t] / (alphas[t - 1] if t else 1.)).item()
        mean *= math.sqrt(alpha)
        variance = alpha * variance + 1 - alpha
        one = torch.ones(1, 1)
        z = diffusion.add_noise(one, torch.tensor([t]), torch.zeros(1, 1))
        assert z.item() == pytest.approx(mean, abs=1e-6)
        z = diffusion.add_noise(one / 2, torch.tensor([t]), one)
        assert z.item() == pytest.approx(math.sqrt(variance), abs=1e-6)


def test_add_noise_of_one_batch_at_different_steps():
    diffusion = GaussianDiffusion()
    t = torch.tensor([0, 500, 999])
    x0, noise = torch.rand(3, 4, 5), torch.randn(3, 4, 5)
    together = diffusion.add_noise(x0, t, noise)
    for i in range(3):
        alone = diffusion.add_noise(x0[i:i + 1], t[i:i + 1], noise[i:i + 1])
        torch.testing.assert_close(together[i:i + 1], alone)


@pytest.mark.parametrize('eta', [0., 0.3, 1.])
def test_ddim_step(eta):
    diffusion = GaussianDiffusion(1000, 'cosine', 2.)
    torch.manual_seed(0)
    z = torch.randn(2, 3, dtype=torch.float64)
    x0 = torch.rand(2, 3, dtype=torch.float64)
    noise = torch.randn(2, 3, dtype=torch.float64)
    now, then = 800, 500
    alphas = oracle_alphas('cosine', 1000).tolist()
    a, b = alphas[now], alphas[then]
    sigma = eta * math.sqrt((1 - b) / (1 - a)) * math.sqrt(1 - a / b)
    wanted = torch.zeros(2, 3, dtype=torch.float64)
    for i in range(2):
        for j in range(3):
            clean = (2 * x0[i, j] - 1) * 2.
            eps = (z[i, j] - math.sqrt(a) * clean) / math.sqrt(1 - a)
            wanted[i, j] = (
                math.sqrt(b) * clean + math.sqrt(1 - b - sigma**2) * eps +
                sigma * noise[i, j])
    got = diffusion.ddim_step(z, x0, now, then, eta, noise)
    torch.testing.assert_close(got, wanted)


def test_ddim_with_eta_1_is_the_ddpm_posterior():
    """Mean and variance of q(z_{t-1} | z_t, z_0), DDPM eq. 7."""
    diffusion = GaussianDiffusion(1000, 'linear')
    alphas = diffusion.alphas_cumprod.tolist()
    t = 400
    a, b = alphas[t], alphas[t - 1]
    beta = 1 - a / b
    variance = (1 - b) / (1 - a) * beta
    z = torch.tensor([0.7], dtype=torch.float64)
    x0 = torch.tensor([0.9], dtype=torch.float64)
    mean = (
        math.sqrt(b) * beta / (1 - a) * 0.8 +
        math.sqrt(1 - beta) * (1 - b) / (1 - a) * 0.7)
    zero, one = torch.zeros(1).double(), torch.ones(1).double()
    got = diffusion.ddim_step(z, x0, t, t - 1, 1., zero)
    assert got.item() == pytest.approx(mean, abs=1e-12)
    shifted = diffusion.ddim_step(z, x0, t, t - 1, 1., one)
    assert (shifted - got).item()**2 == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize('eta', [0., 1.])
def test_ddim_step_keeps_the_marginals(eta):
    """With the true x_0, a step from q(z_t) lands on q(z_t')."""
    torch.manual_seed(0)
    num, now, then = 200_000, 700, 350
    diffusion = GaussianDiffusion(1000, 'cosine')
    x0 = torch.full((num, 1), 0.7)
    z = diffusion.add_noise(x0, torch.full((num, ), now), torch.randn(num, 1))
    z = diffusion.ddim_step(z, x0, now, then, eta, torch.randn(num, 1))
    a = diffusion.alphas_cumprod[then].item()
    assert z.mean().item() == pytest.approx(0.4 * math.sqrt(a), abs=0.01)
    assert z.var().item() == pytest.approx(1 - a, rel=0.02)


def test_last_step_is_the_clean_signal():
    diffusion = GaussianDiffusion(signal_scale=2.)
    z = diffusion.ddim_step(
        torch.randn(3), torch.tensor([0., 0.5, 2.]), 10, -1, 1.)
    assert z.tolist() == [-2., 0., 2.]


def test_step_with_eta_needs_noise():
    diffusion = GaussianDiffusion()
    with pytest.raises(ValueError, match='noise'):
        diffusion.ddim_step(torch.randn(3), torch.rand(3), 10, 5, 1.)


def test_step_pairs():
    diffusion = GaussianDiffusion(1000)
    assert diffusion.step_pairs(1) == [(999, -1)]
    assert diffusion.step_pairs(2) == [(999, 499), (499, -1)]
    assert diffusion.step_pairs(4) == [(999, 749), (749, 499), (499, 249),
                                       (249, -1)]
    assert diffusion.step_pairs(10)[-2:] == [(199, 99), (99, -1)]
    assert diffusion.step_pairs(2, start=500) == [(500, 249), (249, -1)]
    every = diffusion.step_pairs(1000)
    assert every == [(t, t - 1) for t in range(999, -1, -1)]


@pytest.mark.parametrize('num', [0, -1, 1001])
def test_step_pairs_names_what_it_takes(num):
    with pytest.raises(ValueError, match='from 1 to 1000'):
        GaussianDiffusion(1000).step_pairs(num)


@pytest.mark.parametrize('eta', [0., 1.])
@pytest.mark.parametrize('steps', [1, 2, 4, 10])
def test_sample_with_a_perfect_denoiser(steps, eta):
    torch.manual_seed(0)
    truth = torch.rand(2, 5)
    visited = []

    def denoise(z, t):
        visited.append(t)
        return truth

    diffusion = GaussianDiffusion()
    out = diffusion.sample(denoise, torch.randn(2, 5), steps, eta,
                           lambda: torch.randn(2, 5))
    assert len(out) == steps
    assert visited == [now for now, _ in diffusion.step_pairs(steps)]
    torch.testing.assert_close(out[-1], truth)


def test_sample_draws_noise_only_where_it_is_used():
    draws = []

    def noise():
        draws.append(1)
        return torch.zeros(1)

    diffusion = GaussianDiffusion()
    for eta, wanted in ((0., 0), (1., 3)):
        draws.clear()
        diffusion.sample(lambda z, t: z, torch.zeros(1), 4, eta, noise)
        assert len(draws) == wanted


def test_sample_recovers_a_normal_distribution():
    """DDIM with the exact denoiser of N(m, v) ends in N(m, v)."""
    torch.manual_seed(0)
    m, v = 0.2, 0.09
    diffusion = GaussianDiffusion(1000, 'linear', 1.)

    def denoise(z, t):
        a = diffusion.alphas_cumprod[t].item()
        gain = math.sqrt(a) * v / (a * v + 1 - a)
        mean = m + gain * (z - math.sqrt(a) * m)
        return (mean + 1) / 2

    out = diffusion.sample(denoise, torch.randn(20_000), 1000)[-1] * 2 - 1
    assert out.mean().item() == pytest.approx(m, abs=0.01)
    # 0.4 % of the distribution lies beyond the clamp to [-1, 1]
    assert out.var().item() == pytest.approx(v, rel=0.05)


@pytest.mark.parametrize('kwargs, match', [
    (dict(schedule='sigmoid'), 'cosine'),
    (dict(num_steps=0), 'at least 1'),
    (dict(signal_scale=0), 'positive'),
])
def test_bad_arguments(kwargs, match):
    with pytest.raises(ValueError, match=match):
        GaussianDiffusion(**kwargs)
