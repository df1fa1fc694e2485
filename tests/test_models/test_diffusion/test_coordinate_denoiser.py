"""The decoder for diffusion over coordinates."""
import pytest
import torch

from mmpose_video.models.diffusion import CoordinateDenoiser


def make(**kwargs):
    torch.manual_seed(0)
    kwargs = dict(channels=16, time_dims=8, num_heads=2) | kwargs
    return CoordinateDenoiser(12, 5, **kwargs).eval()


def test_shapes_and_gradients():
    net = make()
    prepared = net.encode(torch.randn(2, 12, 4, 3))
    assert prepared.grid.shape == (2, 16, 4, 3)
    assert prepared.tokens.shape == (2, 12, 16)
    x, t = torch.randn(2, 3, 5, 2), torch.randint(1000, (2, 3))
    out = net(x, t, prepared)
    assert out.shape == (2, 3, 5, 2)
    assert not torch.allclose(net(x, 999 - t, prepared), out)
    assert not torch.allclose(net(-x, t, prepared), out)
    out.square().mean().backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_hypotheses_and_images_do_not_mix():
    net = make()
    feature = torch.randn(2, 12, 4, 3)
    x, t = torch.randn(2, 3, 5, 2), torch.randint(1000, (2, 3))
    out = net(x, t, net.encode(feature))
    for n in range(2):
        prepared = net.encode(feature[n:n + 1])
        for p in range(3):
            alone = net(x[n:n + 1, p:p + 1], t[n:n + 1, p:p + 1], prepared)
            torch.testing.assert_close(
                alone[0, 0], out[n, p], rtol=1e-4, atol=1e-6)


def test_features_are_looked_up_at_the_noisy_positions():
    """Position (x, y) in [-1, 1] is column x and row y of the grid."""
    net = make(num_layers=0)
    torch.nn.init.zeros_(net.position.weight)
    torch.nn.init.normal_(net.final.weight)
    prepared = net.encode(torch.randn(1, 12, 4, 8))
    # the center of the cell in row 1, column 6
    x = torch.tensor([2 * 6.5 / 8 - 1, 2 * 1.5 / 4 - 1]).expand(1, 1, 5, 2)
    t = torch.zeros(1, 1).long()
    tokens = prepared.grid[0, :, 1, 6] + net.joints.weight
    tokens = tokens + net.position.bias
    tokens = tokens + net.step(net.time_embedding(t[0]))
    wanted = net.final(net.norm(tokens))
    torch.testing.assert_close(
        net(x, t, prepared)[0, 0], wanted, rtol=1e-4, atol=1e-5)


def test_bad_width():
    with pytest.raises(ValueError, match='multiple of 8'):
        make(channels=12)
