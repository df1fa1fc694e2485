"""Triton kernels of the forward selective scan.

A program owns a tile of ``BD`` channels times ``T`` consecutive scan steps
and loops over the states, so that the tile's ``u`` and step sizes are read
once. Three launches make a scan of any length parallel over its length:

1. ``summary_kernel``: the state a chunk ends with when it starts from zero,
   ``sum_t exp(A * R_t) * dt_t * B_t * u_t``, where ``R_t`` is the sum of the
   step sizes *behind* step ``t``. For A <= 0 and dt >= 0 no exponential can
   overflow, and ``R_t`` is summed from the chunk's end, never taken as a
   difference of two large sums, which would lose the small ones.
2. ``carry_kernel``: chunk ends to chunk starts, ``h = P * h + end`` with
   ``P = exp(A * sum(dt))``.
3. ``output_kernel``: the scan inside the chunk from its true start.

Steps, not tokens, are what the kernels count: step ``j`` of window ``w`` is
entry ``w * window + j`` of the group's walk, a table of tokens that has the
order and the direction in it (no table: the token itself). A step behind the
window's end has dt = 0, which leaves any state as it is.

This module can only be imported where Triton is installed.
"""
import triton
import triton.language as tl

from .triton_tile import (
    compose,
    load_bias,
    step_input,
    step_size,
    tile_of,
    token_of,
)

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, N801, N806


@triton.jit
def walk_kernel(order, table, reverse_bits, tokens, window,
                ORDER: tl.constexpr, BLOCK: tl.constexpr):
    """Write the token of each step, (G, L): the order, reversed or not.

    A table that is read straight ahead is read in vectors; an index
    computed per step, ahead or back, would be read one by one.
    """
    group = tl.program_id(1)
    item = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    ok = item < tokens
    step = item % window
    place = item
    if (reverse_bits >> group) & 1:
        place = item - step + window - 1 - step
    token = place
    if ORDER:
        token = tl.load(order + group * tokens + place, mask=ok, other=0)
    tl.store(table + group * tokens + item, token, mask=ok)


@triton.jit
def summary_kernel(
        u, delta, weight, A, B, bias, walk, states, groups, channels,
        tokens, window, chunks, S: tl.constexpr,
        u_n, u_g, u_t, u_d, delta_n, delta_g, delta_t, delta_d,
        b_n, b_g, b_t, b_s, WALK: tl.constexpr,
        RANK: tl.constexpr, BIAS: tl.constexpr, SOFTPLUS: tl.constexpr,
        BD: tl.constexpr, T: tl.constexpr):
    """Compute each chunk's end state from zero, and its sum of step sizes.

    ``states`` is (N, G, W, chunks + 1, S + 1, D): chunk ``c`` writes into
    slot ``c + 1``, the sum into row S.
    """
    sample = tl.program_id(2) // groups
    group = tl.program_id(2) % groups
    run = tl.program_id(0) // chunks
    chunk = tl.program_id(0) % chunks
    step = chunk * T + tl.arange(0, T)
    chan = tl.program_id(1) * BD + tl.arange(0, BD)
    ok = step < window
    chan_ok = chan < channels
    both = chan_ok[:, None] & ok[None, :]
    walk += group * tokens
    item = run * window + step
    token = token_of(walk, item, ok, WALK)
    # The step sizes of the steps that follow, inside this chunk.
    later_ok = (step + 1 < window) & (step + 1 < chunk * T + T)
    later = token_of(walk, item + 1, later_ok, WALK)
    later_tile = tile_of(later, walk, item + 1, later_ok, WALK, BD)
    tile = tile_of(token, walk, item, ok, WALK, BD)

    u += sample.to(tl.int64) * u_n + group.to(tl.int64) * u_g
    delta += sample.to(tl.int64) * delta_n + group.to(tl.int64) * delta_g
    B += sample.to(tl.int64) * b_n + group.to(tl.int64) * b_g
    weight += group * channels * RANK
    shift = load_bias(bias + group * channels, chan, chan_ok, BIAS)
    x = step_input(delta, weight, token, tile, ok, chan, chan_ok, delta_t,
                   delta_d, RANK)
    dt = step_size(x, shift, ok, chan_ok, SOFTPLUS)
    x = step_input(delta, weight, later, later_tile, later_ok, chan, chan_ok,
                   delta_t, delta_d, RANK)
    behind = step_size(x, shift, later_ok, chan_ok, SOFTPLUS)
    behind = tl.cumsum(behind, axis=1, reverse=True)
    value = tl.load(u + chan[:, None] * u_d + tile * u_t,
                    mask=both, other=0.0).to(tl.float32) * dt

    slot = (tl.program_id(2) * (tokens // window) + run).to(tl.int64)
    slot = slot * (chunks + 1) + chunk + 1
    states += slot * (S + 1) * channels + chan
    A += (group * channels + chan) * S
    for s in range(S):
        a = tl.load(A + s, mask=chan_ok, other=0.0) * 1.4426950408889634
        b = tl.load(B + s * b_s + token * b_t, mask=ok,
                    other=0.0).to(tl.float32)
        end = tl.exp2(a[:, None] * behind) * value * b[None, :]
        tl.store(states + s * channels, tl.sum(end, axis=1), mask=chan_ok)
    tl.store(states + S * channels, tl.sum(dt, axis=1), mask=chan_ok)


@triton.jit
def carry_kernel(
        A, states, sums, groups, channels, runs, chunks,
        S: tl.constexpr, state_rows, BACKWARD: tl.constexpr,
        START: tl.constexpr, BC: tl.constexpr, BE: tl.constexpr):
    """Turn the contributions of chunks into their start states.

    In place on ``states`` (N, G, W, chunks + 1, state_rows, D). Forward:
    slot 0 is the start, slot ``c + 1`` goes from the contribution of chunk
    ``c`` to the state behind it. Backward (gradients): slot ``chunks`` is
    the start, slot ``c`` goes from the contribution of chunk ``c`` to the
    gradient that reaches the state before it. ``sums`` is the forward
    buffer, which has the sums of step sizes in row S of slot ``c + 1``.
    """
    run = tl.program_id(0).to(tl.int64)
    group = (tl.program_id(0) // runs) % groups
    item = tl.program_id(1) * BE + tl.arange(0, BE)
    ok = item < S * channels
    s = item // channels
    chan = item % channels
    a = tl.load(A + (group * channels + chan) * S + s, mask=ok, other=0.0)
    a = a * 1.4426950408889634
    states += run * (chunks + 1) * state_rows * channels
    sums += (run * (chunks + 1) * (S + 1) + S) * channels
    row_size = state_rows * channels
    first = 0
    if BACKWARD:
        first = chunks
    start = tl.zeros([BE], tl.float32)
    if START:
        start = tl.load(states + first * row_size + item, mask=ok, other=0.0)
    else:
        tl.store(states + first * row_size + item, start, mask=ok)
    rows = tl.arange(0, BC)
    for block in range(0, chunks, BC):
        number = block + rows
        row_ok = number < chunks
        chunk = number
        slot = number + 1
        if BACKWARD:
            chunk = chunks - 1 - number
            slot = chunk
        both = row_ok[:, None] & ok[None, :]
        total = tl.load(
            sums + (chunk + 1)[:, None] * (S + 1) * channels + chan[None, :],
            mask=both, other=0.0)
        place = states + slot[:, None] * row_size + item[None, :]
        part = tl.load(place, mask=both, other=0.0)
        decay = tl.exp2(total * a[None, :])
        decay, part = tl.associative_scan((decay, part), 0, compose)
        part += decay * start[None, :]
        tl.store(place, part, mask=both)
        # Rows behind the last chunk have decay 1 and part 0: the last row
        # of the block always holds the state so far.
        start = tl.sum(tl.where((rows == BC - 1)[:, None], part, 0.0), axis=0)


@triton.jit
def output_kernel(
        u, delta, weight, A, B, C, D, bias, read, walk, states, y, last,
        group_first, group_count, groups, channels, tokens,
        window, chunks, S: tl.constexpr,
        u_n, u_g, u_t, u_d, delta_n, delta_g, delta_t, delta_d,
        b_n, b_g, b_t, b_s, c_n, c_g, c_t, c_s, y_n, y_g, y_t, y_d,
        WALK: tl.constexpr, RANK: tl.constexpr,
        BIAS: tl.constexpr, SOFTPLUS: tl.constexpr, SKIP: tl.constexpr,
        READ: tl.constexpr, ONE_CHUNK: tl.constexpr, ADD: tl.constexpr,
        BD: tl.constexpr, T: tl.constexpr):
    """Compute the output of each chunk, with ``ONE_CHUNK`` the last state.

    ``ADD`` adds to ``y``, for sums over groups launched one by one.
    """
    sample = tl.program_id(2) // group_count
    group = group_first + tl.program_id(2) % group_count
    run = tl.program_id(0) // chunks
    chunk = tl.program_id(0) % chunks
    step = chunk * T + tl.arange(0, T)
    chan = tl.program_id(1) * BD + tl.arange(0, BD)
    ok = step < window
    chan_ok = chan < channels
    both = chan_ok[:, None] & ok[None, :]
    walk += group * tokens
    item = run * window + step
    token = token_of(walk, item, ok, WALK)
    tile = tile_of(token, walk, item, ok, WALK, BD)

    u += sample.to(tl.int64) * u_n + group.to(tl.int64) * u_g
    delta += sample.to(tl.int64) * delta_n + group.to(tl.int64) * delta_g
    B += sample.to(tl.int64) * b_n + group.to(tl.int64) * b_g
    C += sample.to(tl.int64) * c_n + group.to(tl.int64) * c_g
    y += sample.to(tl.int64) * y_n + group.to(tl.int64) * y_g
    shift = load_bias(bias + group * channels, chan, chan_ok, BIAS)
    x = step_input(delta, weight + group * channels * RANK, token, tile, ok,
                   chan, chan_ok, delta_t, delta_d, RANK)
    dt = step_size(x, shift, ok, chan_ok, SOFTPLUS)
    value = tl.load(u + chan[:, None] * u_d + tile * u_t,
                    mask=both, other=0.0).to(tl.float32)
    out = tl.zeros([BD, T], tl.float32)
    if SKIP:
        skip = tl.load(D + group * channels + chan, mask=chan_ok, other=0.0)
        out = skip[:, None] * value
    value = value * dt

    slot = (sample * groups + group).to(tl.int64) * (tokens // window) + run
    last += (slot * channels + chan) * S
    states += (slot * (chunks + 1) + chunk) * (S + 1) * channels + chan
    A += (group * channels + chan) * S
    read += (group * channels + chan) * S
    for s in range(S):
        a = tl.load(A + s, mask=chan_ok, other=0.0) * 1.4426950408889634
        b = tl.load(B + s * b_s + token * b_t, mask=ok,
                    other=0.0).to(tl.float32)
        c = tl.load(C + s * c_s + token * c_t, mask=ok,
                    other=0.0).to(tl.float32)
        decay, h = tl.associative_scan(
            (tl.exp2(a[:, None] * dt), value * b[None, :]), 1, compose)
        if ONE_CHUNK:
            end = tl.where((step == window - 1)[None, :], h, 0.0)
            tl.store(last + s, tl.sum(end, axis=1), mask=chan_ok)
        else:
            start = tl.load(states + s * channels, mask=chan_ok, other=0.0)
            h += decay * start[:, None]
        if READ:
            h = h * tl.load(read + s, mask=chan_ok, other=0.0)[:, None]
        out += h * c[None, :]
    place = y + chan[:, None] * y_d + tile * y_t
    if ADD:
        out += tl.load(place, mask=both, other=0.0).to(tl.float32)
    tl.store(place, out, mask=both)
