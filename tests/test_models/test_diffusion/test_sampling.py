"""Settings of the reverse process and repeatable noise."""
import pytest
import torch

from mmpose_video.models.diffusion import (
    SamplingSettings,
    SeededNoise,
    sample_key,
)


def test_override():
    settings = SamplingSettings(steps=2, seed=7)
    changed = settings.override(dict(steps=10, hypotheses=3))
    assert (changed.steps, changed.hypotheses, changed.seed) == (10, 3, 7)
    assert settings.steps == 2
    assert settings.override(None) == settings


@pytest.mark.parametrize('options, match', [
    (dict(steps=0), 'steps.*at least 1'),
    (dict(steps=1.5), 'steps.*integer'),
    (dict(hypotheses=0), 'hypotheses.*at least 1'),
    (dict(eta=-0.1), 'eta.*0.*1'),
    (dict(eta=1.1), 'eta.*0.*1'),
    (dict(start='backbone'), 'noise.*rough'),
    (dict(start_time=0), 'start_time'),
    (dict(step=3), 'step in.*it takes steps, hypotheses'),
])
def test_bad_settings_name_what_is_accepted(options, match):
    with pytest.raises(ValueError, match=match):
        SamplingSettings().override(options)


def noise(keys, hypotheses, seed=0, **kwargs):
    return SeededNoise(keys, hypotheses, (3, 4), seed, torch.device('cpu'),
                       **kwargs)


def test_noise_depends_on_sample_hypothesis_and_seed_alone():
    both = noise(['a', 'b'], 3)
    first, second = both(), both()
    assert first.shape == (2, 3, 3, 4)
    # the same in another run, in another batch, with fewer hypotheses
    torch.testing.assert_close(noise(['a', 'b'], 3)(), first, rtol=0, atol=0)
    other = noise(['b'], 2)
    torch.testing.assert_close(other()[0], first[1, :2], rtol=0, atol=0)
    torch.testing.assert_close(other()[0], second[1, :2], rtol=0, atol=0)
    # and different everywhere else
    flat = torch.cat([first.flatten(0, 1), second.flatten(0, 1)])
    seeded = noise(['a', 'b'], 3, seed=1)().flatten(0, 1)
    flat = torch.cat([flat, seeded]).flatten(1)
    distances = torch.cdist(flat, flat) + torch.eye(len(flat))
    assert (distances > 0.5).all()


def test_noise_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    wanted = torch.rand(1)
    torch.manual_seed(0)
    noise(['a'], 2)()
    assert torch.rand(1) == wanted


def test_noise_is_standard_normal():
    big = SeededNoise(['x'], 2, (50_000, ), 3, torch.device('cpu'))()
    assert big.mean().item() == pytest.approx(0, abs=0.02)
    assert big.var().item() == pytest.approx(1, abs=0.02)
    correlation = (big[0, 0] * big[0, 1]).mean().item()
    assert correlation == pytest.approx(0, abs=0.02)


def test_noise_is_mirrored():
    plain = noise(['a'], 1)()
    mirrored = noise(['a'], 1, mirror=lambda x: x.flip(-1))()
    torch.testing.assert_close(mirrored, plain.flip(-1), rtol=0, atol=0)


def test_sample_key():
    meta = dict(id=4, img_path='/x/a.jpg', input_center=(1., 2.))
    assert sample_key(meta) == sample_key(dict(meta, img_path='/y/a.jpg'))
    assert sample_key(meta) != sample_key(dict(meta, id=5))
    box = dict(input_center=(1., 2.), input_scale=(3., 4.))
    assert sample_key(box) != sample_key(dict(box, input_scale=(3., 5.)))
    assert sample_key(box) == sample_key(dict(box, id=None))
    assert sample_key(None) == ''
