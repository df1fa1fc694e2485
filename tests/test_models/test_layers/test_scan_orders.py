import numpy as np
import pytest
import torch

from mmpose_video.models.layers.scan_orders import (directional_orders,
                                                    inverse_order, scan_order,
                                                    window_order,
                                                    window_orders)

SIZES = [(5, 7, 3), (3, 4, 6), (1, 5, 4), (2, 1, 1), (4, 3, 5)]


def by_loops(kind, T, h, w):
    """Visit coordinates one by one, as the docstring's loops say."""
    token = lambda t, i, j: (t * h + i) * w + j  # noqa: E731
    if kind == 'unified':
        return [token(t, i, j) for i in range(h) for t in range(T)
                for j in range(w)]
    if kind == 'vertical':
        return [token(t, i, j) for t in range(T) for j in range(w)
                for i in range(h)]
    if kind == 'spatial':
        return [token(t, i, j) for t in range(T) for i in range(h)
                for j in range(w)]
    return [token(t, i, j) for i in range(h) for j in range(w)
            for t in range(T)]


def windows_by_loops(T, h, w, wh, ww):
    out = []
    for top in range(0, h, wh):
        for left in range(0, w, ww):
            for t in range(T):
                for i in range(top, min(top + wh, h)):
                    for j in range(left, min(left + ww, w)):
                        out.append((t * h + i) * w + j)
    return out


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('kind',
                         ['unified', 'vertical', 'spatial', 'temporal'])
def test_order_equals_loops_and_is_invertible(kind, size):
    order = scan_order(kind, *size)
    assert order.dtype == np.int32
    assert order.tolist() == by_loops(kind, *size)
    assert sorted(order.tolist()) == list(range(np.prod(size)))
    inverse = inverse_order(order)
    assert (inverse[order] == np.arange(len(order))).all()
    assert (order[inverse] == np.arange(len(order))).all()


def test_unified_order_is_the_panorama_row_by_row():
    # Two frames of 2 x 2: [[0 1] [2 3]] and [[4 5] [6 7]], side by side.
    assert scan_order('unified', 2, 2, 2).tolist() == [0, 1, 4, 5, 2, 3, 6, 7]
    assert scan_order('temporal', 2, 2,
                      2).tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('window', [(2, 3), (8, 6), (1, 1), (3, 2)])
def test_window_order_equals_loops(size, window):
    order = window_order(*size, window)
    assert order.tolist() == windows_by_loops(*size, *window)


def test_six_directions():
    got = directional_orders(3, 5, 4)
    assert got.orders.shape == (6, 60)
    assert got.orders.dtype == torch.int32
    assert got.reverse == (False, ) * 3 + (True, ) * 3
    assert got.window is None
    for k, kind in enumerate(['unified', 'spatial', 'temporal']):
        assert got.orders[k].tolist() == by_loops(kind, 3, 5, 4)
        assert torch.equal(got.orders[k], got.orders[k + 3])


def test_vertical_pair_replaces_only_the_reversed_unified_scan():
    got = directional_orders(3, 5, 4, unified_pair='vertical')
    assert got.reverse == (False, False, False, False, True, True)
    assert got.orders[3].tolist() == by_loops('vertical', 3, 5, 4)
    assert got.orders[4].tolist() == by_loops('spatial', 3, 5, 4)


def test_subset_of_kinds_keeps_its_order():
    got = directional_orders(2, 3, 2, kinds=('temporal', 'unified'))
    assert got.reverse == (False, False, True, True)
    assert got.orders[0].tolist() == by_loops('temporal', 2, 3, 2)
    assert got.orders[1].tolist() == by_loops('unified', 2, 3, 2)


def test_window_orders():
    got = window_orders(2, 4, 6, (2, 3))
    assert got.window == 12
    assert got.reverse == (False, True)
    assert got.orders[0].tolist() == windows_by_loops(2, 4, 6, 2, 3)
    assert window_orders(2, 5, 6, (2, 3), independent=False).window is None


def test_cached_and_usable_after_inference_mode():
    with torch.inference_mode():
        first = directional_orders(2, 3, 7)
    second = directional_orders(2, 3, 7)
    assert first.orders is second.orders
    assert not second.orders.is_inference()
    assert directional_orders(2, 7, 3).orders is not first.orders


@pytest.mark.parametrize('call, word', [
    (lambda: directional_orders(1, 2, 2, kinds=('diagonal', )), 'diagonal'),
    (lambda: directional_orders(1, 2, 2, kinds=()), 'kinds'),
    (lambda: directional_orders(1, 2, 2, unified_pair='both'), 'both'),
    (lambda: window_orders(2, 5, 6, (2, 3)), 'independent'),
    (lambda: window_order(2, 5, 6, (0, 3)), 'positive'),
    (lambda: scan_order('zigzag', 1, 2, 2), 'zigzag'),
])
def test_errors_name_the_argument(call, word):
    with pytest.raises(ValueError, match=word):
        call()
