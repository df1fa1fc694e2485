"""The reverse process for a batch of hypotheses."""
import numpy as np
import pytest
import torch

from mmpose_video.models.diffusion import (
    GaussianDiffusion,
    SamplingSettings,
    SeededNoise,
    generate,
    spread_in_image,
)

CPU = torch.device('cpu')


def test_hypotheses_are_one_batch_and_independent():
    diffusion = GaussianDiffusion()
    shapes = []

    def denoise(z, t):
        shapes.append((tuple(z.shape), tuple(t.shape)))
        assert (t == t[0, 0]).all()
        return torch.sigmoid(z)

    settings = SamplingSettings(steps=3, hypotheses=4, eta=1., seed=5)
    out = generate(diffusion, denoise, ['a', 'b'], (2, 3), settings, CPU)
    assert shapes == [((2, 4, 2, 3), (2, 4))] * 3
    # a loop over hypotheses by hand, with the very noise
    for n, key in enumerate('ab'):
        draws = SeededNoise([key], 4, (2, 3), 5, CPU)
        z = draws()
        for now, then in diffusion.step_pairs(3):
            x0 = torch.sigmoid(z)
            if then >= 0:
                z = diffusion.ddim_step(z, x0, now, then, 1., draws())
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
    generate(diffusion, denoise, ['a', 'b'], (3, ), settings, CPU,
             rough=rough)
    z, t = seen[0]
    assert t == 300
    a = diffusion.alphas_cumprod[300].item()
    draws = SeededNoise(['a', 'b'], 2, (3, ), 0, CPU)()
    wanted = a**0.5 * (2 * rough[:, None] - 1) + (1 - a)**0.5 * draws
    torch.testing.assert_close(z, wanted)
    with pytest.raises(ValueError, match='rough_head'):
        generate(diffusion, denoise, ['a'], (3, ), settings, CPU)


def test_spread():
    # two hypotheses; one joint fixed, one 6 px apart in x and 8 px in y
    points = np.array([[[5., 5.], [10., 20.]], [[5., 5.], [16., 28.]]])
    same = dict(input_size=(192, 256), input_scale=(192., 256.))
    np.testing.assert_allclose(spread_in_image(points, same), [0., 5.])
    # the crop is twice as wide and four times as high in the image
    wide = dict(input_size=(192, 256), input_scale=(384., 1024.))
    np.testing.assert_allclose(
        spread_in_image(points, wide), [0., np.hypot(6., 16.)])
