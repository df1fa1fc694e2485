import math

import pytest
import torch
import torch.nn.functional as F

from mmpose_video.models.necks.glsmamba.scan_orders import (
    scan_order,
    window_order,
)
from mmpose_video.models.necks.glsmamba.space_time_scan import SpaceTimeScan

SIZE = (2, 4, 3)


def loop_scan(module, tokens, direction, order, run):
    """Equations 2 and 3 of Mamba, one token and one direction at a time."""
    m = module
    row = min(direction, m.num_sets - 1)
    A = -m.A_log[row].exp()
    projected = m.to_scan(tokens).unflatten(-1, (m.num_sets, -1))[:, row]
    low, B, C = projected.split((m.dt_rank, m.d_state, m.d_state), dim=-1)
    low, B, C = (
        x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()
        if name in m.normalize else x
        for name, x in (('dt', low), ('B', B), ('C', C)))
    delta = F.softplus(low @ m.dt_weight[row].T + m.dt_bias[row])
    y = torch.zeros_like(tokens)
    h = torch.zeros_like(A)
    for position, token in enumerate(order):
        if position % run == 0:
            h = torch.zeros_like(A)
        dt = delta[token][:, None]
        h = (dt * A).exp() * h + dt * B[token] * tokens[token][:, None]
        y[token] = h @ C[token] + m.skip[row] * tokens[token]
    return y


@pytest.mark.parametrize('share, changes', [
    (True, dict()), (False, dict()),
    (True, dict(normalize=('B', 'C'), skip_init=0.)),
    (True, dict(normalize=('dt', ), skip_init=0.5))])
def test_equals_the_recurrence(share, changes):
    orders = ('unified', 'unified', 'temporal')
    module = SpaceTimeScan(
        5, orders, (False, True, False), d_state=3, share_directions=share,
        backend='reference', **changes).double()
    x = torch.randn(1, *SIZE, 5, dtype=torch.float64)
    y = module(x)
    assert y.shape == (1, 3, *SIZE, 5)
    for k, name in enumerate(orders):
        order = scan_order(name, SIZE).tolist()
        if module.reverse[k]:
            order = order[::-1]
        expected = loop_scan(module, x.view(-1, 5), k, order, len(order))
        torch.testing.assert_close(y[0, k].reshape(-1, 5), expected)


@pytest.mark.parametrize('independent', [True, False])
def test_windows_carry_their_state_or_not(independent):
    module = SpaceTimeScan(
        4, ('window', 'window'), (False, True), d_state=2, window=(2, 3),
        independent_windows=independent, backend='reference').double()
    x = torch.randn(1, *SIZE, 4, dtype=torch.float64)
    y = module(x)
    order = window_order(SIZE, (2, 3)).tolist()
    run = 12 if independent else len(order)
    for k in range(2):
        walk = order if k == 0 else order[::-1]
        expected = loop_scan(module, x.view(-1, 4), k, walk, run)
        torch.testing.assert_close(y[0, k].reshape(-1, 4), expected)


def test_initialization_is_mambas():
    module = SpaceTimeScan(64, ('spatial', ), (False, ), d_state=16)
    A = -module.A_log.exp()
    torch.testing.assert_close(A[0, 7], -torch.arange(1., 17.))
    dt = F.softplus(module.dt_bias)
    assert 1e-3 * .999 < dt.min() and dt.max() < 1e-1 * 1.001
    assert module.dt_rank == math.ceil(64 / 16)
    assert module.dt_weight.abs().max() <= module.dt_rank**-.5
    assert (module.skip == 1).all()


def test_step_size_floor():
    module = SpaceTimeScan(
        32, ('spatial', ), (False, ), dt_range=(1e-7, 1e-6), dt_floor=1e-4)
    torch.testing.assert_close(
        F.softplus(module.dt_bias), torch.full((1, 32), 1e-4))


def test_orders_and_flags_must_agree():
    with pytest.raises(ValueError, match='2 orders, but 1'):
        SpaceTimeScan(4, ('spatial', 'temporal'), (False, ))
