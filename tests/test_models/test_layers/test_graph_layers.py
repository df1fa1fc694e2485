"""SemGCN's and GraFormer's layers."""
import pytest
import torch

from mmpose_video.models.layers import (
    GraFormerBlock,
    SemGCNBlock,
    SemGraphConv,
)
from mmpose_video.models.layers.graformer import ChebConv, LearnedGraphNet
from mmpose_video.models.layers.graph_conv import adjacency_matrix

LINKS = ((0, 1), (1, 2), (1, 3))


def test_adjacency_by_hand():
    assert adjacency_matrix(LINKS, 5).int().tolist() == [
        [0, 1, 0, 0, 0], [1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0]
    ]


@pytest.mark.parametrize('link', [(0, 4), (-1, 0), (2, 2)])
def test_links_of_another_keypoint_set(link):
    with pytest.raises(ValueError, match='4 keypoints'):
        adjacency_matrix([link], 4)


def test_mixing_is_a_softmax_over_neighbors():
    conv = SemGraphConv(3, 3, LINKS, 5)
    assert conv.mixing[1].tolist() == [0.25, 0.25, 0.25, 0.25, 0.]
    assert conv.mixing[4].tolist() == [0., 0., 0., 0., 1.]
    torch.nn.init.normal_(conv.edges)
    torch.testing.assert_close(conv.mixing.sum(-1), torch.ones(5))
    off = ~adjacency_matrix(LINKS, 5) & ~torch.eye(5, dtype=torch.bool)
    assert (conv.mixing[off] == 0).all()


def test_convolution_by_loops():
    conv = SemGraphConv(3, 2, LINKS, 4).double()
    torch.nn.init.normal_(conv.edges)
    x = torch.randn(2, 4, 3, dtype=torch.float64)
    expected = conv.bias.expand(2, 4, 2).clone()
    for i in range(4):
        for j in range(4):
            weight = conv.weight[0 if i == j else 1]
            expected[:, i] += conv.mixing[i, j] * (x[:, j] @ weight)
    torch.testing.assert_close(conv(x), expected)


def test_without_links_it_is_a_linear_layer():
    conv = SemGraphConv(3, 2, (), 4)
    x = torch.randn(2, 4, 3)
    torch.testing.assert_close(conv(x), x @ conv.weight[0] + conv.bias)


def test_edges_off_the_skeleton_get_no_gradient():
    conv = SemGraphConv(3, 2, LINKS, 4)
    conv(torch.randn(2, 4, 3)).square().sum().backward()
    assert conv.edges.grad[0, 2] == 0 and conv.edges.grad[0, 1] != 0


@pytest.mark.parametrize('block', [
    lambda: SemGCNBlock(8, LINKS, 4),
    lambda: GraFormerBlock(8, LINKS, 4),
])
def test_blocks_start_as_the_identity_and_learn(block):
    module = block()
    x = torch.randn(3, 4, 8)
    torch.testing.assert_close(module(x), x, rtol=0, atol=0)
    module(x).sin().sum().backward()
    moved = [n for n, p in module.named_parameters()
             if p.grad is not None and p.grad.abs().sum() > 0]
    assert moved


def test_chebyshev_by_hand():
    conv = ChebConv(1, 1, ((0, 1), (1, 2)), 3)
    torch.nn.init.ones_(conv.own.weight)
    torch.nn.init.zeros_(conv.own.bias)
    torch.nn.init.ones_(conv.others.weight)
    out = conv(torch.tensor([[[1.], [2.], [3.]]]))
    # degrees 1, 2, 1: -1/sqrt(2) between linked keypoints
    root = 0.5**0.5
    torch.testing.assert_close(
        out, torch.tensor([[[1 - 2 * root], [2 - 4 * root],
                            [3 - 2 * root]]]))


def test_learned_graph_starts_without_edges():
    net = LearnedGraphNet(4, 3).eval()
    x = torch.randn(1, 3, 4)
    torch.testing.assert_close(
        net(x), net.reduce(net.expand(x).relu()), rtol=1e-4, atol=1e-4)


def test_heads_must_divide():
    with pytest.raises(ValueError, match='num_heads'):
        GraFormerBlock(6, LINKS, 4)
