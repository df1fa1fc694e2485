"""The orders in which a scan visits the tokens of a clip.

Tokens are numbered naturally: token ``(t * h + i) * w + j`` is the pixel
(i, j) of frame t. An order is a permutation of these numbers: its p-th entry
is the token at position p of the scan. Reverse scans walk the same order
backwards and need no order of their own.

The names are those of GLSMamba (ICCV 2025), whose frames stand side by side
as one panorama of h rows and T·w columns:

==================  ========================================================
``unified``         rows of the panorama: for i, for t, for j
``vertical``        columns of the panorama: for t, for j, for i
``spatial``         frame by frame: for t, for i, for j
``temporal``        pixel by pixel through time: for i, for j, for t
==================  ========================================================
"""
from functools import lru_cache
from typing import Optional, Sequence, Tuple, Union

import torch
from einops import rearrange
from torch import Tensor

_PATTERNS = {
    'unified': 't i j -> (i t j)',
    'vertical': 't i j -> (t j i)',
    'spatial': 't i j -> (t i j)',
    'temporal': 't i j -> (i j t)',
}
#: Names that :func:`scan_order` knows.
SCAN_ORDERS = tuple(_PATTERNS)


def scan_order(name: str, size: Tuple[int, int, int]) -> Tensor:
    """Return one order over a grid.

    Args:
        name (str): One of :data:`SCAN_ORDERS`.
        size (tuple[int, int, int]): (T, h, w).

    Returns:
        Tensor: Shape (T·h·w, ), int64.

    Raises:
        ValueError: If the name is unknown.

    Examples:
        >>> scan_order('temporal', (2, 1, 3))  # pixel 0 of both frames, ...
        tensor([0, 3, 1, 4, 2, 5])
    """
    if name not in _PATTERNS:
        raise ValueError(f'unknown scan order {name!r}, choose from '
                         f'{SCAN_ORDERS}')
    return rearrange(_grid(size), _PATTERNS[name])


def window_order(size: Tuple[int, int, int], window: Tuple[int,
                                                           int]) -> Tensor:
    """Return the order that visits space-time tubes one after the other.

    The clip is cut into tubes of ``window`` pixels times all T frames. In a
    tube the scan proceeds frame by frame and row by row, and the tubes are
    visited row by row. Each tube fills ``T * window[0] * window[1]``
    consecutive positions.

    Args:
        size (tuple[int, int, int]): (T, h, w).
        window (tuple[int, int]): Rows and columns of a tube.

    Returns:
        Tensor: Shape (T·h·w, ), int64.

    Raises:
        ValueError: If the tubes do not tile the grid.
    """
    _, height, width = size
    if height % window[0] or width % window[1]:
        raise ValueError(
            f'windows of {window[0]} x {window[1]} do not tile a map of '
            f'{height} x {width}; choose divisors as `window`')
    return rearrange(
        _grid(size),
        't (I i) (J j) -> (I J t i j)',
        i=window[0],
        j=window[1])


def stacked_orders(names: Sequence[str],
                   size: Tuple[int, int, int],
                   device: Union[str, torch.device, None] = None,
                   window: Optional[Tuple[int, int]] = None) -> Tensor:
    """Return several orders on a device, from a cache.

    Args:
        names (tuple[str, ...]): K names of :data:`SCAN_ORDERS`, or
            ``'window'`` for :func:`window_order`.
        size (tuple[int, int, int]): (T, h, w).
        device (str or torch.device, optional): Device of the result.
        window (tuple[int, int], optional): Rows and columns of a tube.

    Returns:
        Tensor: Shape (K, T·h·w), int32. Do not modify it in place.
    """
    names = tuple(names)
    if torch.compiler.is_compiling():
        # a tensor that is made during tracing must not be cached
        return _stack(names, size, device, window)
    return _remembered(names, size, device, window)


def _stack(names: Tuple[str, ...], size: Tuple[int, int, int],
           device: Union[str, torch.device, None],
           window: Optional[Tuple[int, int]]) -> Tensor:
    """Stack orders, usable in training even if made in inference mode."""
    with torch.inference_mode(False):
        orders = torch.stack([
            window_order(size, window) if name == 'window' and window else
            scan_order(name, size) for name in names
        ])
        return orders.to(device=device, dtype=torch.int32)


_remembered = lru_cache(maxsize=64)(_stack)


def _grid(size: Tuple[int, int, int]) -> Tensor:
    """Return the natural token numbers, shape (T, h, w)."""
    frames, height, width = size
    return torch.arange(frames * height * width).view(frames, height, width)
