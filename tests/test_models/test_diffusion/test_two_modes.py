"""The reverse process where two answers are right and their mean is wrong.

The denoiser is exact: for data that are one of two points with known
probabilities, E[x0 | z_t] is a weighted mean in closed form. What more steps
bring or cost is then the method's own, not that of a trained network.
"""
import pytest
import torch

from mmpose_video.models.diffusion import GaussianDiffusion

LENGTH = 40


def modes():
    """Two heatmaps with their peaks at different places, (2, L)."""
    cells = torch.arange(LENGTH, dtype=torch.float64)
    return torch.stack([(-(cells - peak)**2 / 8).exp() for peak in (10, 28)])


def exact(diffusion, share):
    """E[x0 | z_t] for the first mode with the probability `share`."""
    points = modes()
    prior = torch.tensor([share, 1 - share], dtype=torch.float64).log()

    def denoise(z, t):
        alpha = diffusion.alphas_cumprod[t]
        centers = alpha.sqrt() * (points * 2 - 1) * diffusion.signal_scale
        squares = (z[:, None] - centers).square().sum(-1)
        weights = (prior - squares / (2 * (1 - alpha))).softmax(-1)
        return weights @ points

    return denoise


def results(steps, eta=0., share=0.5, scale=1., num=600):
    torch.manual_seed(0)
    diffusion = GaussianDiffusion(signal_scale=scale)
    z = torch.randn(num, LENGTH, dtype=torch.float64)
    return diffusion.sample(
        exact(diffusion, share), z, steps, eta,
        lambda: torch.randn(num, LENGTH, dtype=torch.float64))[-1]


def distances(x):
    """Mean squared distance to each mode, (N, 2)."""
    return (x[:, None] - modes()).square().mean(-1)


@pytest.mark.parametrize('scale', [0.3, 1., 2.])
@pytest.mark.parametrize('eta', [0., 1.])
def test_more_steps_choose_one_of_two_modes(scale, eta):
    nearest = [distances(results(steps, eta, scale=scale)).amin(1).mean()
               for steps in (1, 4, 50)]
    apart = distances(modes()[:1])[0, 1]
    # one step answers with nearly the mean, a quarter of the squared distance
    assert nearest[0] > 0.2 * apart
    assert nearest[0] > 2 * nearest[1] > 2 * nearest[2]
    assert nearest[2] < 1e-3 * apart


def test_modes_are_chosen_with_their_probabilities():
    for share in (0.5, 0.8):
        first = distances(results(50, share=share, num=2000)).argmin(1) == 0
        assert first.double().mean() == pytest.approx(share, abs=0.04)


def test_one_step_has_the_least_squared_error():
    """More steps draw samples, and a sample errs twice as much as the mean."""
    truth = modes()[torch.randint(2, (600, ), generator=torch.Generator(
    ).manual_seed(1))]
    errors = [(results(steps) - truth).square().mean()
              for steps in (1, 4, 50)]
    assert errors[0] < 0.7 * errors[1]
    assert errors[2] / errors[0] == pytest.approx(2, abs=0.2)
    # and the mean of many samples leads back to it
    torch.manual_seed(2)
    diffusion = GaussianDiffusion()
    samples = torch.stack([
        diffusion.sample(
            exact(diffusion, 0.5),
            torch.randn(600, LENGTH, dtype=torch.float64), 50)[-1]
        for _ in range(16)])
    averaged = (samples.mean(0) - truth).square().mean()
    assert averaged < 1.15 * errors[0]
