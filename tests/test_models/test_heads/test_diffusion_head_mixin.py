"""The reverse process for a batch of hypotheses, around any denoiser."""
import pytest
import torch

from mmpose_video.models.diffusion import (
    GaussianDiffusion,
    SamplingSettings,
    SeededNoise,
)
from mmpose_video.models.heads.diffusion_head_mixin import DiffusionHeadMixin

CPU = torch.device('cpu')


class Head(DiffusionHeadMixin):
    """Generates signals of a shape with a function as the denoiser."""

    def __init__(self, shape, denoise, rough=None, diffusion=None):
        self.shape, self.denoise, self.rough = shape, denoise, rough
        self.diffusion = diffusion or GaussianDiffusion()
        self.denoiser = self

    def encode(self, feature):
        return feature

    def _signal_shape(self, feats):
        return self.shape

    def _denoise(self, z, t, prepared):
        return self.denoise(z, t)

    def _rough_signal(self, feats):
        return self.rough


def feats(num):
    return (torch.zeros(num, 1, 1, 1), )


def test_hypotheses_are_one_batch_and_independent():
    shapes = []

    def denoise(z, t):
        shapes.append((tuple(z.shape), tuple(t.shape)))
        assert (t == t[0, 0]).all()
        return torch.sigmoid(z)

    settings = SamplingSettings(steps=3, hypotheses=4, eta=1., seed=5)
    head = Head((2, 3), denoise)
    out = head.generate(feats(2), ['a', 'b'], settings)
    assert shapes == [((2, 4, 2, 3), (2, 4))] * 3
    # a loop over hypotheses by hand, with the very noise
    for n, key in enumerate('ab'):
        draws = SeededNoise([key], 4, (2, 3), 5, CPU)
        z = draws()
        for now, then in head.diffusion.step_pairs(3):
            x0 = torch.sigmoid(z)
            if then >= 0:
                z = head.diffusion.ddim_step(z, x0, now, then, 1., draws())
        torch.testing.assert_close(out[-1][n], x0[0])


def test_start_from_a_rough_prediction():
    diffusion = GaussianDiffusion(1000, 'linear', 1.)
    rough = torch.rand(2, 3)
    seen = []

    def denoise(z, t):
        seen.append((z, int(t[0, 0])))
        return torch.zeros_like(z)

    settings = SamplingSettings(
        steps=2, hypotheses=2, start='rough', start_time=0.3)
    head = Head((3, ), denoise, rough, diffusion)
    head.generate(feats(2), ['a', 'b'], settings)
    z, t = seen[0]
    assert t == 300
    a = diffusion.alphas_cumprod[300].item()
    draws = SeededNoise(['a', 'b'], 2, (3, ), 0, CPU)()
    wanted = a**0.5 * (2 * rough[:, None] - 1) + (1 - a)**0.5 * draws
    torch.testing.assert_close(z, wanted)
    with pytest.raises(ValueError, match='rough_head'):
        Head((3, ), denoise).generate(feats(1), ['a'], settings)
