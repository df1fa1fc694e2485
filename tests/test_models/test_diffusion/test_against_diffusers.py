"""The reverse process against the one of the package `diffusers`."""
import pytest
import torch

from mmpose_video.models.diffusion import GaussianDiffusion

diffusers = pytest.importorskip(
    'diffusers', reason='diffusers, which is an oracle only, is missing')


@pytest.mark.parametrize('eta', [0., 0.5])
@pytest.mark.parametrize('steps', [1, 2, 4, 10])
@pytest.mark.parametrize('scale', [0.3, 2.])
@pytest.mark.parametrize('schedule, name', [
    ('cosine', 'squaredcos_cap_v2'), ('linear', 'linear')])
def test_ddim(schedule, name, scale, steps, eta):
    ours = GaussianDiffusion(1000, schedule, scale)
    theirs = diffusers.DDIMScheduler(
        num_train_timesteps=1000, beta_schedule=name, beta_start=1e-4,
        beta_end=0.02, prediction_type='sample', clip_sample=True,
        clip_sample_range=scale, timestep_spacing='trailing')
    theirs.set_timesteps(steps)
    pairs = ours.step_pairs(steps)
    assert theirs.timesteps.tolist() == [now for now, _ in pairs]

    def estimate(z, t):  # any function that leaves [0, 1] here and there
        return 0.5 + 0.6 * torch.tanh(z * (1 + t / 500))

    torch.manual_seed(0)
    z = other = torch.randn(2, 3, 4)
    for now, then in pairs:
        noise = torch.randn_like(z)
        x0 = estimate(other, now)
        other = theirs.step(
            (2 * x0 - 1) * scale, now, other, eta=eta,
            use_clipped_model_output=True, variance_noise=noise).prev_sample
        z = ours.ddim_step(z, estimate(z, now), now, then,
                           eta if then >= 0 else 0., noise)
        if then >= 0 or eta == 0:
            torch.testing.assert_close(z, other, rtol=1e-4, atol=1e-5)
