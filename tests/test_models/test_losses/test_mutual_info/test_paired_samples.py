import pytest
import torch

from mmpose_video.models.losses.mutual_info.paired_samples import PairedSamples


def test_positions_stay_paired():
    """Channel values tell clip and position: both sides must agree."""
    place = torch.arange(2 * 4 * 5.).view(2, 1, 4, 5)
    x = torch.cat((place, -place), 1)
    a, b = PairedSamples(16, noise_std=0., outlier_scale=1e4)(x, 3 * place)
    assert a.shape == (16, 2) and b.shape == (16, 1)
    order = a[:, 0].argsort()
    torch.testing.assert_close(a[:, 0], -a[:, 1])
    assert (b[order].diff(dim=0) > 0).all()
    assert len(a[:, 0].unique()) == 16  # without repetition


def test_unit_scale_is_one_number():
    """Value and gradient against the formula, channels of unequal size."""
    torch.manual_seed(0)
    x = torch.randn(64, 3) * torch.tensor([4., 1., 0.1]) + 5
    x.requires_grad_()
    got, _ = PairedSamples(64, noise_std=0.)(x, x)
    z = x.detach().double().requires_grad_()
    centered = z - z.mean(0)
    unit = (centered**2).mean()**0.5
    expected = 10 * torch.asinh(centered / unit / 10)
    torch.testing.assert_close(got.double(), expected, rtol=1e-5, atol=1e-6)
    weight = torch.randn(64, 3)
    (got * weight).sum().backward()
    (expected * weight).sum().backward()
    torch.testing.assert_close(x.grad.double(), z.grad, rtol=1e-4, atol=1e-6)


def test_shrinking_a_tensor_gains_nothing():
    """No gradient along the common scale, see the class."""
    torch.manual_seed(0)
    x, y = torch.randn(2, 64, 3)
    x.requires_grad_()
    a, b = PairedSamples(64, noise_std=0., outlier_scale=1e4)(x, y)
    (a * b).sum().backward()
    assert x.grad.abs().sum() > 1
    assert (x.grad * (x - x.mean(0))).sum().abs() < 1e-4


def test_noise():
    torch.manual_seed(0)
    got, _ = PairedSamples(
        4000, noise_std=0.3)(torch.zeros(4000, 3), torch.zeros(4000, 1))
    assert got.std().item() == pytest.approx(0.3, rel=0.03)
    assert got.mean().abs() < 0.02


@pytest.mark.parametrize('kwargs', [
    dict(num_samples=1),
    dict(noise_std=-0.1),
])
def test_bad_arguments(kwargs):
    with pytest.raises(ValueError, match=next(iter(kwargs))):
        PairedSamples(**kwargs)
