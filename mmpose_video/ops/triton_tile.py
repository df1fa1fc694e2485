"""Building blocks of the tiles of the Triton scan kernels.

This module can only be imported where Triton is installed.
"""
import triton
import triton.language as tl

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, N801, N806


@triton.jit
def compose(a_first, h_first, a_then, h_then):
    """Combine two steps of ``h -> a * h + b``."""
    return a_first * a_then, a_then * h_first + h_then


@triton.jit
def softplus(x):
    """Return ``log(1 + exp(x))``, accurate for very negative x.

    ``log1p(e) = 2 atanh(e / (2 + e))``; the argument is at most 1/3, where
    eight terms of the series are exact to float32.
    """
    e = tl.exp(-tl.abs(x))
    s = e / (2.0 + e)
    q = s * s
    series = 1.0 / 13.0 + q * (1.0 / 15.0)
    series = 1.0 / 11.0 + q * series
    series = 1.0 / 9.0 + q * series
    series = 1.0 / 7.0 + q * series
    series = 1.0 / 5.0 + q * series
    series = 1.0 / 3.0 + q * series
    return tl.maximum(x, 0.0) + 2.0 * s * (1.0 + q * series)


@triton.jit
def token_of(walk, item, ok, WALK: tl.constexpr):
    """Return the token of each step; ``walk`` is the group's row."""
    token = item
    if WALK:
        token = tl.load(walk + item, mask=ok, other=0)
    return token.to(tl.int64)


@triton.jit
def tile_of(token, walk, item, ok, WALK: tl.constexpr, BD: tl.constexpr):
    """Return (BD, T) tokens for pointers from the row ``token`` (T,).

    The walk is looked up once more, as a tile of equal rows: beside a
    table of the tile's own shape that is read in vectors, Triton lays out
    the gathers in the same way, consecutive steps in one thread, which is
    the cheap layout for the scans along them.
    """
    tile = token[None, :]
    if WALK:
        rows = tl.zeros([BD, 1], tl.int32)
        tile = token_of(walk, item[None, :] + rows,
                        ok[None, :] & (rows == 0), WALK)
    return tile


@triton.jit
def step_input(delta, weight, token, tile, ok, chan, chan_ok, stride_t,
               stride_d, RANK: tl.constexpr):
    """Return (BD, T) step sizes before bias and softplus, 0 outside.

    With ``RANK`` they are projected here from their low-rank form, which
    saves a tensor of the size of all directions' outputs.
    """
    if RANK == 0:
        x = tl.load(
            delta + chan[:, None] * stride_d + tile * stride_t,
            mask=chan_ok[:, None] & ok[None, :], other=0.0).to(tl.float32)
    else:
        x = tl.zeros([chan.shape[0], token.shape[0]], tl.float32)
        for r in range(RANK):
            row = tl.load(delta + r * stride_d + token * stride_t, mask=ok,
                          other=0.0).to(tl.float32)
            column = tl.load(weight + chan * RANK + r, mask=chan_ok,
                             other=0.0)
            x += column[:, None] * row[None, :]
    return x


@triton.jit
def step_size(x, bias, ok, chan_ok, SOFTPLUS: tl.constexpr):
    """Return (BD, T) step sizes, 0 outside."""
    dt = x + bias[:, None]
    if SOFTPLUS:
        dt = softplus(dt)
    return tl.where(chan_ok[:, None] & ok[None, :], dt, 0.0)


@triton.jit
def load_bias(bias, chan, chan_ok, BIAS: tl.constexpr):
    """Return the (BD,) bias of the step size, or zeros."""
    if BIAS:
        return tl.load(bias + chan, mask=chan_ok, other=0.0)
    return tl.zeros([chan.shape[0]], tl.float32)
