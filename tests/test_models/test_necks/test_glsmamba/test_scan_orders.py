import pytest
import torch

from mmpose_video.models.necks.glsmamba.scan_orders import (
    SCAN_ORDERS,
    scan_order,
    stacked_orders,
    window_order,
)

SIZES = [(5, 7, 3), (1, 4, 6), (3, 1, 1), (2, 5, 5)]


def loop_order(name, size):
    """Visit the grid with plain loops over coordinates."""
    T, H, W = size

    def number(t, i, j):
        return (t * H + i) * W + j

    if name == 'unified':
        return [number(t, i, j) for i in range(H) for t in range(T)
                for j in range(W)]
    if name == 'vertical':
        return [number(t, i, j) for t in range(T) for j in range(W)
                for i in range(H)]
    if name == 'spatial':
        return [number(t, i, j) for t in range(T) for i in range(H)
                for j in range(W)]
    return [number(t, i, j) for i in range(H) for j in range(W)
            for t in range(T)]


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('name', SCAN_ORDERS)
def test_order_equals_loops_and_is_invertible(name, size):
    order = scan_order(name, size)
    assert order.tolist() == loop_order(name, size)
    tokens = torch.randperm(order.numel())
    assert torch.equal(tokens[order][order.argsort()], tokens)


def test_unified_order_walks_the_rows_of_the_panorama():
    size = (3, 4, 5)
    grid = torch.arange(3 * 4 * 5).view(size)
    panorama = torch.cat(tuple(grid), dim=1)  # frames side by side
    assert torch.equal(scan_order('unified', size), panorama.flatten())
    assert torch.equal(scan_order('vertical', size), panorama.T.flatten())


def test_windows_equal_loops():
    T, H, W, wh, ww = 2, 6, 4, 3, 2
    expected = [(t * H + top + i) * W + left + j
                for top in range(0, H, wh) for left in range(0, W, ww)
                for t in range(T) for i in range(wh) for j in range(ww)]
    assert window_order((T, H, W), (wh, ww)).tolist() == expected


def test_windows_must_tile_the_map():
    with pytest.raises(ValueError, match='8 x 6 do not tile a map of 10 x 6'):
        window_order((2, 10, 6), (8, 6))


def test_unknown_order_names_the_choice():
    with pytest.raises(ValueError, match='unified'):
        scan_order('diagonal', (1, 2, 2))


def test_stacked_orders_are_remembered():
    names, size = ('spatial', 'temporal'), (2, 3, 4)
    first = stacked_orders(names, size)
    assert first.dtype == torch.int32
    assert first is stacked_orders(names, size)
    assert torch.equal(first[1].long(), scan_order('temporal', size))


def test_orders_made_in_inference_mode_serve_training():
    with torch.inference_mode():
        orders = stacked_orders(('unified', 'vertical'), (2, 3, 7))
    assert not orders.is_inference()
    assert orders is stacked_orders(['unified', 'vertical'], (2, 3, 7))
