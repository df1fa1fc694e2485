"""Triton kernels of the selective scan's backward pass.

With ``g_t`` the gradient of the state behind step ``t``::

    g_t = C_t * dy_t + a_{t+1} * g_{t+1},    a_t = exp(dt_t * A)

which is the forward problem walked backwards, and is cut into chunks the
same way: ``grad_summary_kernel``, ``carry_kernel``, ``grad_kernel``. The
states are scanned again from the saved chunk starts. What the gradients
need of the state before a step is ``w_t = a_t * h_{t-1}``, scanned as such
(``w_t = a_t * (w_{t-1} + b_{t-1})``): ``h_t - b_t`` would cancel.

Nothing is added atomically: sums over channels go through one buffer per
block of channels, sums over steps through one row per chunk, and are added
up in a fixed order afterwards.

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
def grad_summary_kernel(
        delta, weight, A, C, bias, read, walk, grad_y, grads, groups,
        channels, tokens, window, chunks, S: tl.constexpr,
        delta_n, delta_g, delta_t, delta_d, c_n, c_g, c_t, c_s,
        y_n, y_g, y_t, y_d, WALK: tl.constexpr,
        RANK: tl.constexpr, BIAS: tl.constexpr, SOFTPLUS: tl.constexpr,
        READ: tl.constexpr, BD: tl.constexpr, T: tl.constexpr):
    """Compute the gradient of each chunk's outputs for the state before it.

    ``grads`` is (N, G, W, chunks + 1, S, D); chunk ``c`` writes slot ``c``.
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
    tile = tile_of(token, walk, item, ok, WALK, BD)
    delta += sample.to(tl.int64) * delta_n + group.to(tl.int64) * delta_g
    C += sample.to(tl.int64) * c_n + group.to(tl.int64) * c_g
    grad_y += sample.to(tl.int64) * y_n + group.to(tl.int64) * y_g
    shift = load_bias(bias + group * channels, chan, chan_ok, BIAS)
    x = step_input(delta, weight + group * channels * RANK, token, tile, ok,
                   chan, chan_ok, delta_t, delta_d, RANK)
    dt = step_size(x, shift, ok, chan_ok, SOFTPLUS)
    so_far = tl.cumsum(dt, axis=1)
    dy = tl.load(grad_y + chan[:, None] * y_d + tile * y_t,
                 mask=both, other=0.0).to(tl.float32)

    slot = (tl.program_id(2) * (tokens // window) + run).to(tl.int64)
    slot = slot * (chunks + 1) + chunk
    grads += slot * S * channels + chan
    A += (group * channels + chan) * S
    read += (group * channels + chan) * S
    for s in range(S):
        a = tl.load(A + s, mask=chan_ok, other=0.0) * 1.4426950408889634
        c = tl.load(C + s * c_s + token * c_t, mask=ok,
                    other=0.0).to(tl.float32)
        total = tl.sum(tl.exp2(a[:, None] * so_far) * dy * c[None, :], axis=1)
        if READ:
            total = total * tl.load(read + s, mask=chan_ok, other=0.0)
        tl.store(grads + s * channels, total, mask=chan_ok)


@triton.jit
def put(place, value, ok, again, MAYBE: tl.constexpr):
    """Store; add to what is there if ``again``, which needs ``MAYBE``."""
    if MAYBE:
        value += tl.load(place, mask=ok & again, other=0.0).to(tl.float32)
    tl.store(place, value, mask=ok)


@triton.jit
def grad_tile(
        u, delta, weight, A, B, C, D, bias, read, walk, states, grads,
        grad_y, grad_u, grad_delta, by_token, by_chunk, run, chunk,
        chan, block, channels, tokens, window, S: tl.constexpr, u_t, u_d,
        delta_t, delta_d, b_t, b_s, c_t, c_s, y_t, y_d, du_t, du_d, dx_t, dx_d,
        WALK: tl.constexpr, RANK: tl.constexpr,
        BIAS: tl.constexpr, SOFTPLUS: tl.constexpr, SKIP: tl.constexpr,
        READ: tl.constexpr, HAS_STATE: tl.constexpr, HAS_GRAD: tl.constexpr,
        ADD_U: tl.constexpr, MANY: tl.constexpr, BD: tl.constexpr,
        T: tl.constexpr):
    """Compute all gradients of one tile; pointers are those of its group."""
    step = chunk * T + tl.arange(0, T)
    ok = step < window
    chan_ok = chan < channels
    both = chan_ok[:, None] & ok[None, :]
    # A tensor, not a bool: not every interpreter knows the scalar type.
    again = tl.zeros([T], tl.int32) + block > 0
    item = run * window + step
    token = token_of(walk, item, ok, WALK)
    tile = tile_of(token, walk, item, ok, WALK, BD)
    dy = tl.load(grad_y + chan[:, None] * y_d + tile * y_t,
                 mask=both, other=0.0).to(tl.float32)
    # Neighbors inside the chunk; dt = 0 makes their decay 1 outside.
    next_ok = (step + 1 < window) & (step + 1 < chunk * T + T)
    later = token_of(walk, item + 1, next_ok, WALK)
    later_tile = tile_of(later, walk, item + 1, next_ok, WALK, BD)
    if WALK:
        # Always true. It ties dy, whose memory may run along channels, to
        # the layout of the table, so that the scan of the gradients does
        # not run across threads that hold a few channels each.
        dy = tl.where(later_tile >= 0, dy, 0.0)
    back_ok = ok & (step > chunk * T)
    earlier = token_of(walk, item - 1, back_ok, WALK)
    earlier_tile = tile_of(earlier, walk, item - 1, back_ok, WALK, BD)

    shift = load_bias(bias, chan, chan_ok, BIAS)
    x = step_input(delta, weight, later, later_tile, next_ok, chan, chan_ok,
                   delta_t, delta_d, RANK)
    dt_next = step_size(x, shift, next_ok, chan_ok, SOFTPLUS)
    x = step_input(delta, weight, earlier, earlier_tile, back_ok, chan,
                   chan_ok, delta_t, delta_d, RANK)
    value_back = step_size(x, shift, back_ok, chan_ok, SOFTPLUS) * tl.load(
        u + chan[:, None] * u_d + earlier_tile * u_t,
        mask=chan_ok[:, None] & back_ok[None, :], other=0.0).to(tl.float32)
    x = step_input(delta, weight, token, tile, ok, chan, chan_ok, delta_t,
                   delta_d, RANK)
    dt = step_size(x, shift, ok, chan_ok, SOFTPLUS)
    value = tl.load(u + chan[:, None] * u_d + tile * u_t,
                    mask=both, other=0.0).to(tl.float32)

    g_b = tl.zeros([BD, T], tl.float32)    # sum_s g * B
    g_aw = tl.zeros([BD, T], tl.float32)   # sum_s g * A * w
    for s in range(S):
        a = tl.load(A + chan * S + s, mask=chan_ok, other=0.0)
        a2 = a * 1.4426950408889634
        b = tl.load(B + s * b_s + token * b_t, mask=ok,
                    other=0.0).to(tl.float32)
        b_back = tl.load(B + s * b_s + earlier * b_t, mask=back_ok,
                         other=0.0).to(tl.float32)
        c = tl.load(C + s * c_s + token * c_t, mask=ok,
                    other=0.0).to(tl.float32)
        decay = tl.exp2(a2[:, None] * dt)
        total, w = tl.associative_scan(
            (decay, decay * value_back * b_back[None, :]), 1, compose)
        if HAS_STATE:
            start = tl.load(states + s * channels + chan, mask=chan_ok,
                            other=0.0)
            w += total * start[:, None]
        h = w + dt * value * b[None, :]
        dy_read = dy
        if READ:
            factor = tl.load(read + chan * S + s, mask=chan_ok, other=0.0)
            tl.store(by_chunk + (S + 2 + RANK + s) * channels + chan,
                     tl.sum(dy * c[None, :] * h, axis=1), mask=chan_ok)
            dy_read = dy * factor[:, None]
        put(by_token + (S + s) * tokens + token,
            tl.sum(dy_read * h, axis=0), ok, again, MANY)
        total, g = tl.associative_scan(
            (tl.exp2(a2[:, None] * dt_next), dy_read * c[None, :]), 1,
            compose, reverse=True)
        if HAS_GRAD:
            end = tl.load(grads + s * channels + chan, mask=chan_ok,
                          other=0.0)
            g += total * end[:, None]
        put(by_token + s * tokens + token,
            tl.sum(g * dt * value, axis=0), ok, again, MANY)
        w = g * w
        tl.store(by_chunk + s * channels + chan, tl.sum(w * dt, axis=1),
                 mask=chan_ok)
        g_b += g * b[None, :]
        g_aw += a[:, None] * w

    du = dt * g_b
    if SKIP:
        du += tl.load(D + chan, mask=chan_ok, other=0.0)[:, None] * dy
        tl.store(by_chunk + S * channels + chan, tl.sum(dy * value, axis=1),
                 mask=chan_ok)
    put(grad_u + chan[:, None] * du_d + tile * du_t, du, both,
        both, ADD_U)
    dx = value * g_b + g_aw
    if SOFTPLUS:
        x = x + shift[:, None]
        e = tl.exp(-tl.abs(x))
        dx = dx * tl.where(x >= 0, 1.0, e) / (1.0 + e)
    dx = tl.where(both, dx, 0.0)
    if BIAS:
        tl.store(by_chunk + (S + 1) * channels + chan, tl.sum(dx, axis=1),
                 mask=chan_ok)
    if RANK == 0:
        tl.store(grad_delta + chan[:, None] * dx_d + tile * dx_t, dx,
                 mask=both)
    else:
        for r in range(RANK):
            row = tl.load(delta + r * delta_d + token * delta_t, mask=ok,
                          other=0.0).to(tl.float32)
            column = tl.load(weight + chan * RANK + r, mask=chan_ok,
                             other=0.0)
            tl.store(by_chunk + (S + 2 + r) * channels + chan,
                     tl.sum(dx * row[None, :], axis=1), mask=chan_ok)
            put(by_token + (2 * S + r) * tokens + token,
                tl.sum(dx * column[:, None], axis=0), ok, again,
                MANY)


@triton.jit
def grad_kernel(
        u, delta, weight, A, B, C, D, bias, read, walk, states, grads,
        grad_y, grad_u, grad_delta, by_token, by_chunk,
        group_first, group_count, groups, channels, tokens, window, chunks,
        S: tl.constexpr, u_n, u_g, u_t, u_d, delta_n, delta_g, delta_t,
        delta_d, b_n, b_g, b_t, b_s, c_n, c_g, c_t, c_s, y_n, y_g, y_t, y_d,
        du_n, du_g, du_t, du_d, dx_n, dx_g, dx_t, dx_d, token_rows, chunk_rows,
        WALK: tl.constexpr, RANK: tl.constexpr,
        BIAS: tl.constexpr, SOFTPLUS: tl.constexpr, SKIP: tl.constexpr,
        READ: tl.constexpr, HAS_STATE: tl.constexpr, HAS_GRAD: tl.constexpr,
        ADD: tl.constexpr, BLOCKS: tl.constexpr, BD: tl.constexpr,
        T: tl.constexpr):
    """Compute gradients of ``BLOCKS`` blocks of channels of one chunk.

    ``by_token`` is (N, G, blocks, S dB + S dC + R, L), ``by_chunk`` (N, G,
    W * chunks, S dA + dD + dbias + R + S, D).
    """
    sample = (tl.program_id(2) // group_count).to(tl.int64)
    group = (group_first + tl.program_id(2) % group_count).to(tl.int64)
    item = sample * groups + group
    run = tl.program_id(0) // chunks
    chunk = tl.program_id(0) % chunks
    part = tl.program_id(1)
    slot = (item * (tokens // window) + run) * (chunks + 1) + chunk
    u += sample * u_n + group * u_g
    delta += sample * delta_n + group * delta_g
    B += sample * b_n + group * b_g
    C += sample * c_n + group * c_g
    grad_y += sample * y_n + group * y_g
    grad_u += sample * du_n + group * du_g
    grad_delta += sample * dx_n + group * dx_g
    weight += group * channels * RANK
    walk += group * tokens
    states += slot * (S + 1) * channels
    grads += (slot + 1) * S * channels
    A += group * channels * S
    read += group * channels * S
    D += group * channels
    bias += group * channels
    by_token += (item * tl.num_programs(1) + part) * token_rows * tokens
    by_chunk += (item * tl.num_programs(0)
                 + tl.program_id(0)) * chunk_rows * channels
    for block in range(BLOCKS):
        chan = (part * BLOCKS + block) * BD + tl.arange(0, BD)
        grad_tile(
            u, delta, weight, A, B, C, D, bias, read, walk, states, grads,
            grad_y, grad_u, grad_delta, by_token, by_chunk, run,
            chunk, chan, block, channels, tokens, window, S, u_t, u_d,
            delta_t, delta_d, b_t, b_s, c_t, c_s, y_t, y_d, du_t, du_d, dx_t,
            dx_d, WALK,
            RANK, BIAS, SOFTPLUS, SKIP, READ, HAS_STATE, HAS_GRAD, ADD,
            BLOCKS > 1, BD, T)
        if BLOCKS > 1:
            # The next block reads back what this one put into by_token.
            tl.debug_barrier()
