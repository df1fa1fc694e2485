"""Extremes, bad numbers and number types, for each CPU backend."""
import pytest
import torch
from scan_cases import direction_inputs, scan_inputs

from mmpose_video.ops import (
    available_backends,
    multi_directional_scan,
    selective_scan,
)

NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(
        not available_backends()[name][0], reason=f'no {name} here'))
    for name in ('reference', 'torch', 'cpp')
]


def single(inputs):
    return {k: None if v is None else v.float() for k, v in inputs.items()}


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('rate', [1e-3, 1.0, 1e3])
@pytest.mark.parametrize('step', [0.0, 1e-6, 20.0])
@pytest.mark.parametrize('size', [0.0, 1.0, 1e4])
def test_extremes_stay_finite_and_right(name, rate, step, size):
    inputs = scan_inputs(N=1, D=5, L=70, S=3, gate=False, bias=False)
    inputs['A'] = torch.full_like(inputs['A'], -rate)
    inputs['delta'] = torch.full_like(inputs['delta'], step)
    inputs['u'] = inputs['u'] * size
    found = []
    for kind, values in ((name, single(inputs)), ('reference', inputs)):
        leaves = {k: None if v is None else
                  v.detach().clone().requires_grad_()
                  for k, v in values.items()}
        y = selective_scan(**leaves, backend=kind)
        y.sum().backward()
        found.append([y.detach()] + [leaf.grad for leaf in leaves.values()
                                     if leaf is not None])
    for got, expected in zip(*found):
        assert torch.isfinite(got).all()
        scale = expected.abs().max().item()
        error = (got.double() - expected).abs().max().item()
        assert error <= 3e-6 * scale + 1e-30


@pytest.mark.parametrize('name', NAMES)
def test_softplus_over_its_whole_range(name):
    points = torch.cat([torch.linspace(-90, 90, 361),
                        torch.tensor([0.0, 1e-8, -1e-8, 19.9, 20.1])])
    # One token per sample: y is the step size itself.
    one = torch.ones(len(points), 1, 1)
    raw = points[:, None, None].clone().requires_grad_()
    y = selective_scan(one, raw, -torch.ones(1, 1), one, one,
                       delta_softplus=True, backend=name)
    y.sum().backward()
    exact = points.double()
    expected = torch.log1p(torch.exp(-exact.abs())) + exact.clamp(min=0)
    torch.testing.assert_close(y[:, 0, 0].double(), expected, rtol=5e-7,
                               atol=1e-37)
    slope = torch.sigmoid(exact)
    torch.testing.assert_close(raw.grad[:, 0, 0].double(), slope, rtol=5e-7,
                               atol=1e-37)


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('field', ['u', 'delta', 'B'])
@pytest.mark.parametrize('where', [0, 40, 69])
@pytest.mark.parametrize('softplus', [True, False])
def test_nan_spreads_forward_and_nowhere_else(name, field, where, softplus):
    inputs = single(scan_inputs(N=2, D=18, L=70, S=3, gate=False))
    inputs['delta'] = inputs['delta'].abs()
    inputs[field][0, 0, where] = float('nan')
    y = selective_scan(**inputs, delta_softplus=softplus, backend=name)
    channels = slice(None) if field == 'B' else slice(0, 1)
    assert torch.isnan(y[0, channels, where:]).all()
    assert torch.isfinite(y[0, :, :where]).all()
    assert torch.isfinite(y[1]).all()
    if field != 'B':
        assert torch.isfinite(y[0, 1:]).all()


@pytest.mark.parametrize('name', NAMES)
def test_nan_in_c_stays_at_its_token(name):
    inputs = single(scan_inputs(N=1, D=5, L=70, S=3, gate=False))
    inputs['C'][0, 1, 40] = float('nan')
    y = selective_scan(**inputs, delta_softplus=True, backend=name)
    bad = torch.isnan(y)
    assert bad[:, :, 40].all() and bad.sum() == 5


@pytest.mark.parametrize('name', NAMES)
def test_nan_follows_the_order(name):
    inputs = single(direction_inputs(N=1, K=2, D=3, L=40))
    order = torch.randperm(40, generator=torch.Generator().manual_seed(3))
    position = 12
    inputs['x'][0, order[position]] = float('nan')
    y = multi_directional_scan(**inputs, orders=order.expand(2, 40),
                               reverse=(False, True), backend=name)
    walked = torch.isnan(y[0][:, order]).all(-1)
    assert torch.equal(walked, torch.isnan(y[0][:, order]).any(-1))
    expected = torch.zeros(2, 40, dtype=torch.bool)
    expected[0, position:] = True
    expected[1, :position + 1] = True
    assert torch.equal(walked, expected)


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_16bit_input_is_scanned_in_float32(name, dtype):
    inputs = {k: None if v is None else v.to(dtype)
              for k, v in scan_inputs(N=1, D=4, L=50).items()}
    y = selective_scan(**inputs, delta_softplus=True, backend=name)
    assert y.dtype == dtype
    wide = selective_scan(**single(inputs), delta_softplus=True,
                          backend=name)
    # The scan itself is the float32 one; only the gate and the output are
    # rounded to 16 bits.
    step = torch.finfo(dtype).eps
    torch.testing.assert_close(y.float(), wide, rtol=3 * step, atol=step)


@pytest.mark.parametrize('name', NAMES)
def test_autocast_does_not_reach_the_scan(name):
    inputs = single(direction_inputs(N=1, K=2, D=4, L=30, rank=2))
    plain = multi_directional_scan(**inputs, backend=name)
    leaves = {k: v.clone().requires_grad_() for k, v in inputs.items()}
    with torch.autocast('cpu', dtype=torch.bfloat16):
        under = multi_directional_scan(**leaves, backend=name)
        under.sum().backward()
    assert under.dtype == torch.float32
    torch.testing.assert_close(under, plain, rtol=1e-6, atol=1e-6)
    assert all(leaf.grad.dtype == torch.float32 for leaf in leaves.values())
