"""Orders in which a scan visits the tokens of a clip.

A clip of T frames, each h x w, has tokens ``l = (t * h + i) * w + j`` in
natural order. GLSMamba (ICCV 2025) visits them in six orders, three and
their counterparts. Its text gives no loops; these are the package's reading
of it:

* unified: the frames side by side as one panorama h x (T w), row by row:
  for i, for t, for j. Its counterpart is the same backwards
  (``unified_pair='reverse'``, from "bidirectional"), or the panorama column
  by column, for t, for j, for i (``'vertical'``, from "horizontal/vertical
  traversals");
* spatial: frame after frame, for t, for i, for j, and backwards;
* temporal: each pixel through time, for i, for j, for t, and backwards.

The local blocks visit non-overlapping tubes of 8 x 6 pixels and all frames,
frame by frame inside a tube.
"""
from functools import lru_cache
from typing import List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
import torch
from torch import Tensor

KINDS = ('unified', 'spatial', 'temporal')
UNIFIED_PAIRS = ('reverse', 'vertical')


class ScanOrders(NamedTuple):
    """Orders of K directions, as ``multi_directional_scan`` takes them.

    Attributes:
        orders (Tensor): (K, L) int32, token at each position.
        reverse (tuple[bool]): Which directions walk backwards.
        window (int, optional): Positions of an independent run, None for
            one run over all.
    """
    orders: Tensor
    reverse: Tuple[bool, ...]
    window: Optional[int] = None


def scan_order(kind: str, frames: int, height: int, width: int) -> np.ndarray:
    """Order of one forward direction.

    Args:
        kind (str): 'unified', 'vertical', 'spatial' or 'temporal'.
        frames (int): T.
        height (int): h.
        width (int): w.

    Returns:
        np.ndarray: (T * h * w, ) int32, token at each position.

    Raises:
        ValueError: ``kind`` is none of these.
    """
    axes = {
        'unified': (1, 0, 2),
        'vertical': (0, 2, 1),
        'spatial': (0, 1, 2),
        'temporal': (1, 2, 0),
    }
    if kind not in axes:
        raise ValueError(f'kind must be one of {", ".join(axes)}, got '
                         f'{kind!r}.')
    tokens = np.arange(frames * height * width, dtype=np.int32)
    grid = tokens.reshape(frames, height, width)
    return np.ascontiguousarray(grid.transpose(axes[kind])).reshape(-1)


def window_order(frames: int, height: int, width: int,
                 window: Tuple[int, int]) -> np.ndarray:
    """Order by tubes: tubes row by row, inside one for t, for i, for j.

    Args:
        frames (int): T.
        height (int): h.
        width (int): w.
        window (tuple[int, int]): Height and width of a tube; tubes at the
            far borders are smaller where it does not divide.

    Returns:
        np.ndarray: (T * h * w, ) int32, token at each position.

    Raises:
        ValueError: A side of the window is below 1.
    """
    if min(window) < 1:
        raise ValueError(f'window must be two positive sides, got {window}.')
    rows = np.arange(height) // window[0]
    columns = np.arange(width) // window[1]
    across = -(-width // window[1])
    tube = rows[:, None] * across + columns
    tube = np.broadcast_to(tube, (frames, height, width)).reshape(-1)
    # Stable: inside a tube the natural order, which is for t, i, j.
    return np.argsort(tube, kind='stable').astype(np.int32)


def inverse_order(order: np.ndarray) -> np.ndarray:
    """Position of each token.

    Args:
        order (np.ndarray): (L, ), token at each position.

    Returns:
        np.ndarray: (L, ) int32, position of each token.
    """
    out = np.empty(len(order), dtype=np.int32)
    out[order] = np.arange(len(order), dtype=np.int32)
    return out


def _to_tensor(rows: Sequence[np.ndarray],
               device: Union[str, torch.device, None]) -> Tensor:
    """Stack orders; usable in training even if made under inference mode."""
    with torch.inference_mode(False):
        return torch.from_numpy(np.stack(rows)).to(device)


def _directions(frames: int, height: int, width: int, kinds: Tuple[str, ...],
                unified_pair: str,
                device: Union[str, torch.device, None]) -> ScanOrders:
    """Make what ``directional_orders`` returns."""
    rows: List[np.ndarray] = []
    reverse: List[bool] = []
    for kind in kinds:
        rows.append(scan_order(kind, frames, height, width))
        reverse.append(False)
    for kind, row in zip(kinds, rows[:]):
        vertical = kind == 'unified' and unified_pair == 'vertical'
        if vertical:
            row = scan_order('vertical', frames, height, width)
        rows.append(row)
        reverse.append(not vertical)
    return ScanOrders(_to_tensor(rows, device), tuple(reverse))


def _windows(frames: int, height: int, width: int, window: Tuple[int, int],
             independent: bool,
             device: Union[str, torch.device, None]) -> ScanOrders:
    """Make what ``window_orders`` returns."""
    row = window_order(frames, height, width, window)
    length = None
    if independent:
        length = frames * window[0] * window[1]
    return ScanOrders(_to_tensor([row, row], device), (False, True), length)


# A few grid sizes are in use at a time; a model has the same for all blocks.
_cached_directions = lru_cache(maxsize=64)(_directions)
_cached_windows = lru_cache(maxsize=64)(_windows)


def directional_orders(
    frames: int,
    height: int,
    width: int,
    kinds: Sequence[str] = KINDS,
    unified_pair: str = 'reverse',
    device: Union[str, torch.device, None] = None,
) -> ScanOrders:
    """Orders of the global scan: y1, y2, ... and then their counterparts.

    Args:
        frames (int): T.
        height (int): h.
        width (int): w.
        kinds (Sequence[str]): Out of 'unified', 'spatial', 'temporal'.
            Defaults to all three, six directions.
        unified_pair (str): Counterpart of the unified scan, 'reverse' or
            'vertical'. Defaults to 'reverse' (package default; the paper
            can be read either way).
        device (str or torch.device, optional): Where the orders live.

    Returns:
        ScanOrders: 2 * len(kinds) directions. Cached: do not write to it.

    Raises:
        ValueError: Unknown kind or pair.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise ValueError(f'kinds must be out of {KINDS}, got {tuple(kinds)}.')
    if unified_pair not in UNIFIED_PAIRS:
        raise ValueError(f'unified_pair must be one of {UNIFIED_PAIRS}, got '
                         f'{unified_pair!r}.')
    arguments = (frames, height, width, tuple(kinds), unified_pair,
                 str(device or 'cpu'))
    if torch.compiler.is_compiling():
        # A tensor made while tracing is no real one; keep it out.
        return _directions(*arguments)
    return _cached_directions(*arguments)


def window_orders(
    frames: int,
    height: int,
    width: int,
    window: Tuple[int, int] = (8, 6),
    independent: bool = True,
    device: Union[str, torch.device, None] = None,
) -> ScanOrders:
    """Orders of the local scan: tube after tube, and backwards.

    Args:
        frames (int): T.
        height (int): h.
        width (int): w.
        window (tuple[int, int]): Height and width of a tube. Defaults to
            (8, 6), the paper's (which of the two is the height it does not
            say).
        independent (bool): Start each tube from a zero state. False: one
            sequence through all tubes. Defaults to True (package default;
            the paper does not say).
        device (str or torch.device, optional): Where the orders live.

    Returns:
        ScanOrders: Two directions. Cached: do not write to it.

    Raises:
        ValueError: Independent tubes that do not divide the grid.
    """
    if independent and (height % window[0] or width % window[1]):
        raise ValueError(
            f'independent windows of {window[0]} x {window[1]} do not divide '
            f'the {height} x {width} features; choose a window that does, or '
            'independent=False.')
    arguments = (frames, height, width, tuple(window), independent,
                 str(device or 'cpu'))
    if torch.compiler.is_compiling():
        return _windows(*arguments)
    return _cached_windows(*arguments)
