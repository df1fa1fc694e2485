"""Tile sizes and strides of the Triton kernels.

Fixed rules of the problem's shape instead of Triton's autotuner: the tile
decides in which order sums are added, so a tuner that times candidates
would make results differ between two runs of one program. The rules are
package defaults, reasoned from occupancy and registers, not measured;
``benchmarks/selective_scan_gpu.py --tune`` sweeps the alternatives through
``use_tiles``.
"""
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Dict, Iterator, Optional

from torch import Tensor

from .problem import ScanProblem


@dataclass(frozen=True)
class Tiles:
    """The share of the scan that one program works on.

    Attributes:
        chunk (int): Scan steps per program, a power of two.
        channels (int): Channels per tile, a power of two.
        forward_warps (int): Warps of the forward kernels.
        backward_warps (int): Warps of the gradient kernel, which keeps
            more values per element.
        programs (int): Programs of one launch below which the gradient
            kernel does not put several channel blocks into one program.
    """
    chunk: int = 128
    channels: int = 16
    forward_warps: int = 8
    backward_warps: int = 16
    programs: int = 1024


_override: Optional[Tiles] = None


def ceil_power(value: int) -> int:
    """Return the smallest power of two that is not below a number.

    Args:
        value (int): At least 1.

    Returns:
        int: The power of two.
    """
    return 1 << max(value - 1, 0).bit_length()


def tiles_for(problem: ScanProblem) -> Tiles:
    """Choose the tile of a problem.

    A window of up to 256 steps (the local scans) is one chunk, which needs
    one launch instead of three. Longer ones are cut at 128 steps: at D 64,
    L 15,360 that is 480 tiles of 16 channels for each direction. Warps
    follow the tile, 8 elements per thread forward and 4 backward: compiled
    for compute capability 9.0 that is 64 to 80 and 128 registers without
    spills, so 24 to 32 and 16 warps fit a multiprocessor; twice the
    elements halve that.

    Args:
        problem (ScanProblem): The problem.

    Returns:
        Tiles: The tile, or the one that ``use_tiles`` set.
    """
    if _override is not None:
        return _override
    chunk = 128
    if problem.window <= 256:
        chunk = max(ceil_power(problem.window), 16)
    channels = min(16, ceil_power(problem.channels), 2048 // chunk)
    size = chunk * channels
    return Tiles(chunk=chunk, channels=channels,
                 forward_warps=min(max(size // 256, 1), 8),
                 backward_warps=min(max(size // 128, 1), 16))


@contextmanager
def use_tiles(tiles: Tiles) -> Iterator[None]:
    """Use one tile for all problems, for tests and tuning.

    The forward and the backward pass of a scan must see the same.

    Args:
        tiles (Tiles): The tile.

    Yields:
        None: Nothing; the former rule holds again afterwards.
    """
    global _override
    before, _override = _override, tiles
    try:
        yield
    finally:
        _override = before


def strides_of(**tensors: Tensor) -> Dict[str, int]:
    """Return the strides of (N, G, L, X) tensors as arguments of kernels.

    Args:
        **tensors (Tensor): By name; ``u, delta, y, du, dx`` have channels in
            the last axis (``d``), ``b, c`` states (``s``).

    Returns:
        dict[str, int]: ``<name>_n``, ``_g``, ``_t`` and ``_d`` or ``_s``.
    """
    names = {'delta': 'd', 'u': 'd', 'y': 'd', 'du': 'd',
             'dx': 'd', 'b': 's', 'c': 's'}
    out = {}
    for name, tensor in tensors.items():
        for axis, stride in zip(('n', 'g', 't', names[name]),
                                tensor.stride()):
            out[f'{name}_{axis}'] = stride
    return out
