import pytest
import torch
from scan_cases import (
    DIRECTION_GRID,
    SCAN_GRID,
    compare_directions,
    compare_scan,
    direction_inputs,
    random_orders,
    scan_inputs,
)

from mmpose_video.ops import (
    multi_directional_scan,
    selective_scan,
    torch_layout,
)


@pytest.mark.parametrize('sizes', SCAN_GRID)
def test_matches_reference(sizes):
    compare_scan('torch', 2e-6, **sizes)


@pytest.mark.parametrize('sizes', DIRECTION_GRID)
def test_directions_match_reference(sizes):
    compare_directions('torch', 2e-6, **sizes)


def test_without_softplus_in_float64():
    compare_scan('torch', 1e-13, dtype=torch.float64, softplus=False, D=7)


@pytest.mark.parametrize('budget', [1, 64, 4096])
def test_any_cut_gives_the_same(monkeypatch, budget):
    """Segments of few and of many positions, tails of every kind."""
    monkeypatch.setattr(torch_layout, '_CPU_ELEMENTS', budget)
    for length in (15, 16, 17, 61):
        compare_scan('torch', 1e-13, dtype=torch.float64, N=1, D=2, S=2,
                     L=length)
    compare_directions('torch', 1e-13, dtype=torch.float64, L=60, window=20,
                       merge='sum', rank=2)


@pytest.mark.slow
@pytest.mark.parametrize('constant', ['', 'B', 'C', 'BC'])
def test_gradcheck(monkeypatch, constant):
    monkeypatch.setattr(torch_layout, '_CPU_ELEMENTS', 64)
    inputs = scan_inputs(N=1, D=2, L=19, S=2, constant=constant)
    names = list(inputs)
    leaves = [inputs[name].requires_grad_() for name in names]

    def call(*values):
        return selective_scan(**dict(zip(names, values)), delta_softplus=True,
                              return_last_state=True, backend='torch')

    assert torch.autograd.gradcheck(call, leaves, fast_mode=True)


@pytest.mark.slow
def test_gradcheck_of_directions():
    inputs = direction_inputs(N=1, K=2, D=2, L=6, S=2, rank=2)
    names = list(inputs)
    leaves = [inputs[name].requires_grad_() for name in names]
    orders = random_orders(2, 6)

    def call(*values):
        return multi_directional_scan(
            **dict(zip(names, values)), orders=orders, reverse=(False, True),
            window=3, merge='sum', backend='torch')

    assert torch.autograd.gradcheck(call, leaves, fast_mode=True)


def test_gradient_through_the_last_state_alone():
    inputs = scan_inputs(N=1, D=2, L=9, S=3, gate=False)
    grads = []
    for name in ('torch', 'reference'):
        leaf = inputs['u'].clone().requires_grad_()
        _, last = selective_scan(**dict(inputs, u=leaf), backend=name,
                                 return_last_state=True)
        last.square().sum().backward()
        grads.append(leaf.grad)
    torch.testing.assert_close(*grads)
