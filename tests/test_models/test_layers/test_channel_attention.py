"""Coordinate attention and selective kernels."""
import pytest
import torch
import torch.nn.functional as F

from mmpose_video.models.layers import (
    CoordinateAttention,
    LargeSelectiveKernel,
    SelectiveKernel,
)


def test_coordinate_attention_of_a_constant_map():
    module = CoordinateAttention(32).eval()
    assert sum(p.numel() for p in module.parameters()) == 856
    # without what rows and columns say, both gates are the sigmoid of biases
    for gate in (module.row_gate, module.column_gate):
        torch.nn.init.zeros_(gate.weight)
        torch.nn.init.constant_(gate.bias, 0.7)
    x = torch.full((2, 32, 5, 3), 2.)
    expected = 2 * torch.sigmoid(torch.tensor(0.7)).item()**2
    torch.testing.assert_close(module(x), torch.full_like(x, expected))


def test_coordinate_attention_by_loops():
    module = CoordinateAttention(8).eval().double()
    x = torch.randn(1, 8, 4, 3, dtype=torch.float64)

    def squeeze(vector):
        return module.reduce(vector.reshape(1, 8, 1, 1))

    out = torch.empty_like(x)
    for i in range(4):
        for j in range(3):
            row = module.row_gate(squeeze(x[0, :, i].mean(-1)))
            column = module.column_gate(squeeze(x[0, :, :, j].mean(-1)))
            out[0, :, i, j] = (x[0, :, i, j] * row.sigmoid().flatten() *
                               column.sigmoid().flatten())
    torch.testing.assert_close(module(x), out)


def test_selective_kernel_weighs_its_paths():
    module = SelectiveKernel(6).eval()
    x = torch.randn(2, 6, 5, 7)
    small, large = (path(x) for path in module.paths)
    logits = module.select(
        module.squeeze((small + large).mean((2, 3), keepdim=True)))
    weight = torch.sigmoid(logits[:, :6] - logits[:, 6:])
    torch.testing.assert_close(
        module(x), weight * small + (1 - weight) * large)


def test_selective_kernel_has_a_larger_second_kernel():
    x = torch.zeros(1, 1, 9, 9)
    x[..., 4, 4] = 1
    module = SelectiveKernel(1).eval()
    reach = [(path[0](x) != 0).nonzero()[:, 2:] - 4 for path in module.paths]
    assert reach[0].abs().max() == 1
    assert reach[1].abs().max() == 2


def test_large_selective_kernel_by_formula():
    module = LargeSelectiveKernel(32)
    x = torch.randn(1, 32, 8, 6)
    assert torch.equal(module(x), x)
    inner = sum(p.numel() for n, p in module.named_parameters()
                if not n.startswith('proj'))
    assert inner == 4230
    torch.nn.init.normal_(module.proj_out.weight)
    y = F.gelu(F.conv2d(x, module.proj_in[0].weight, module.proj_in[0].bias))
    near = F.conv2d(y, module.near.weight, module.near.bias, padding=2,
                    groups=32)
    far = F.conv2d(near, module.far.weight, module.far.bias, padding=9,
                   dilation=3, groups=32)
    near, far = module.reduce_near(near), module.reduce_far(far)
    both = torch.cat([near, far], 1)
    gates = module.gate(
        torch.stack([both.mean(1), both.max(1).values], 1)).sigmoid()
    y = y * module.expand(near * gates[:, 0:1] + far * gates[:, 1:2])
    torch.testing.assert_close(module(x), x + module.proj_out(y))


def test_large_selective_kernel_needs_even_channels():
    with pytest.raises(ValueError, match='even'):
        LargeSelectiveKernel(7)
