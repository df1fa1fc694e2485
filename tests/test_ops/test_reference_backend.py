import pytest
import torch
from scan_cases import (
    DIRECTION_GRID,
    SCAN_GRID,
    direction_inputs,
    naive_scan,
    random_orders,
    scan_inputs,
)

from mmpose_video.ops import multi_directional_scan, selective_scan


@pytest.mark.parametrize('softplus', [True, False])
@pytest.mark.parametrize('sizes', SCAN_GRID[:8] + SCAN_GRID[8:])
def test_equals_the_formula(sizes, softplus):
    inputs = scan_inputs(**sizes)
    y, last = naive_scan(**inputs, delta_softplus=softplus)
    got = selective_scan(**inputs, delta_softplus=softplus,
                         return_last_state=True, backend='reference')
    torch.testing.assert_close(got[0], y, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(got[1], last, rtol=1e-12, atol=1e-12)


def test_hand_computed():
    # One channel and state, A = -ln 2 and dt = 1: the state halves.
    A = torch.full((1, 1), -0.6931471805599453, dtype=torch.float64)
    one = torch.ones(1, 1, 4, dtype=torch.float64)
    u = torch.tensor([[[8., 0, 4, 0]]], dtype=torch.float64)
    y = selective_scan(u, one, A, one, one, backend='reference')
    expected = torch.tensor([[[8., 4, 6, 3]]], dtype=torch.float64)
    torch.testing.assert_close(y, expected)
    D = torch.tensor([10.], dtype=torch.float64)
    y = selective_scan(u, one, A, one, one, D, backend='reference')
    torch.testing.assert_close(y, expected + 10 * u)


@pytest.mark.parametrize('sizes', DIRECTION_GRID)
def test_directions_equal_separate_scans(sizes):
    """Permute, flip, scan each window, put back: all by hand."""
    sizes = dict(sizes)
    has_orders = sizes.pop('orders', True)
    has_reverse = sizes.pop('reverse', True)
    window, merge = sizes.pop('window', None), sizes.pop('merge', None)
    inputs = direction_inputs(**sizes)
    N, L, D = inputs['x'].shape
    K = inputs['C'].shape[2]
    orders = random_orders(K, L) if has_orders else None
    reverse = [k % 2 == 1 for k in range(K)] if has_reverse else None
    y = multi_directional_scan(**inputs, orders=orders, reverse=reverse,
                               window=window, merge=merge,
                               backend='reference')
    expected = torch.zeros(N, K, L, D, dtype=torch.float64)
    for k in range(K):
        own = {name: inputs[name][:, :, min(k, inputs[name].shape[2] - 1)]
               for name in ('delta', 'B', 'C')}
        par = {name: None if inputs[name] is None else
               inputs[name][min(k, inputs[name].shape[0] - 1)]
               for name in ('A', 'D', 'delta_bias', 'dt_weight')}
        delta = own['delta']
        if par['dt_weight'] is not None:
            delta = delta @ par['dt_weight'].T
        walk = list(range(L)) if orders is None else orders[k].tolist()
        if reverse is not None and reverse[k]:
            walk = walk[::-1]
        for start in range(0, L, window or L):
            tokens = walk[start:start + (window or L)]
            turned = [t[:, tokens].transpose(1, 2)
                      for t in (inputs['x'], delta, own['B'], own['C'])]
            out, _ = naive_scan(turned[0], turned[1], par['A'], turned[2],
                                turned[3], par['D'], None,
                                par['delta_bias'], True)
            expected[:, k, tokens] = out.transpose(1, 2)
    if merge == 'sum':
        expected = expected.sum(1)
    torch.testing.assert_close(y, expected, rtol=1e-11, atol=1e-11)


def test_grid_input_and_output():
    inputs = direction_inputs(N=2, K=2, D=3, L=24)
    flat = multi_directional_scan(**inputs, reverse=(False, True),
                                  backend='reference')
    grid = dict(inputs, x=inputs['x'].transpose(1, 2).reshape(2, 3, 2, 4, 3))
    y = multi_directional_scan(**grid, reverse=(False, True),
                               backend='reference')
    assert y.shape == (2, 2, 3, 2, 4, 3)
    torch.testing.assert_close(y.flatten(3).transpose(2, 3), flat)
    summed = multi_directional_scan(**grid, reverse=(False, True),
                                    merge='sum', backend='reference')
    torch.testing.assert_close(summed, y.sum(1))
