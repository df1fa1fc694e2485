"""Cases for the Triton scan, shared by its tests.

Run by ``test_triton_backend.py`` in a process of their own, where
``TRITON_INTERPRET=1`` is set before Triton is imported; with a GPU they run
on it as they are.
"""
import dataclasses

import pytest
import torch

from mmpose_video.ops import (
    multi_directional_scan,
    reference_backend,
    selective_scan,
    triton_backend,
)
from mmpose_video.ops.problem import GRAD_NAMES, ScanProblem
from mmpose_video.ops.triton_config import Tiles, use_tiles

DEVICE = 'cpu' if triton_backend.INTERPRETED else 'cuda'
# Tiny for the interpreter, which walks scans element by element; a GPU
# needs at least a warp's worth.
TILES = Tiles(chunk=4, channels=2, programs=1)
if DEVICE == 'cuda':
    TILES = Tiles(chunk=16, channels=4, forward_warps=1, backward_warps=1,
                  programs=1)


def make(seed=0, N=1, G=1, D=3, S=2, L=6, rank=0, order=False, reverse=False,
         window=None, read=False, bias=True, skip=True, softplus=True,
         shared=False, sum_groups=False, token_major=True, token_last=False):
    """A random float64 problem."""
    gen = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=gen, dtype=torch.float64)

    def tokens(*shape):
        if not token_last:
            return normal(*shape)
        n, g, length, width = shape
        return normal(n, g, width, length).transpose(2, 3)

    table = None
    if order:
        table = torch.stack(
            [torch.randperm(L, generator=gen) for _ in range(G)]).int()
    return ScanProblem(
        u=tokens(N, 1 if shared else G, L, D),
        delta=tokens(N, G, L, rank or D), A=-normal(G, D, S).exp(),
        B=tokens(N, G, L, S), C=tokens(N, G, L, S),
        D=normal(G, D) if skip else None,
        delta_bias=normal(G, D) if bias else None,
        dt_weight=normal(G, D, rank) if rank else None,
        state_weight=normal(G, D, S) if read else None, order=table,
        reverse=tuple(reverse and g % 2 == 0 for g in range(G)),
        window=window or L, softplus=softplus, sum_groups=sum_groups,
        token_major=token_major)


def names_of(problem):
    return [n for n in GRAD_NAMES if getattr(problem, n) is not None]


def cast(problem, device, dtype, parameter_dtype):
    """A copy in other dtypes; 16 bits for per-token operands only."""
    out = dataclasses.replace(problem)
    for name in names_of(problem):
        kind = dtype if name in ('u', 'delta', 'B', 'C') else parameter_dtype
        setattr(out, name, getattr(problem, name).to(device, kind))
    if out.order is not None:
        out.order = out.order.to(device)
    return out


def error(found, wanted):
    """Return the largest difference over the largest expected value."""
    assert found.shape == wanted.shape
    scale = wanted.abs().max().clamp_min(1e-30)
    return ((found.double().cpu() - wanted).abs().max() / scale).item()


def run_kernel(problem, grad_y, grad_last, tiles=TILES):
    """Forward and backward of the backend."""
    with use_tiles(tiles):
        y, last, saved = triton_backend.forward(problem, True)
        assert saved.shape == triton_backend.saved_shape(problem)
        grads = triton_backend.backward(
            problem, saved,
            grad_y.to(DEVICE, y.dtype).expand(-1, problem.groups, -1, -1),
            None if grad_last is None else grad_last.to(DEVICE, last.dtype),
            tuple(names_of(problem)))
    return y, last, grads


def check(problem, with_last=True, dtype=torch.float32, limit=5e-6,
          limit_16=0.0, tiles=TILES):
    """Output, last state and every gradient against float64.

    The reference gets the operands as the kernel sees them, so that with
    16 bits only the rounding of results is left, ``limit_16``.
    """
    kernel = cast(problem, DEVICE, dtype, torch.float32)
    leaf = cast(kernel, 'cpu', torch.float64, torch.float64)
    names = names_of(problem)
    for name in names:
        getattr(leaf, name).requires_grad_()
    y, last = reference_backend.run(leaf)
    gen = torch.Generator().manual_seed(1)
    grad_y = torch.randn(y.shape, generator=gen).to(dtype)
    grad_last = torch.randn(last.shape, generator=gen) if with_last else None
    loss = (y * grad_y.double()).sum()
    if with_last:
        loss = loss + (last * grad_last.double()).sum()
    grads = torch.autograd.grad(loss, [getattr(leaf, n) for n in names])

    found_y, found_last, found = run_kernel(kernel, grad_y, grad_last, tiles)
    assert found_y.dtype == dtype and found_last.dtype == torch.float32
    assert error(found_y, y.detach()) <= max(limit, limit_16)
    assert error(found_last, last.detach()) <= limit
    for name, wanted in zip(names, grads):
        stored = getattr(kernel, name).dtype
        assert found[name].dtype == stored, name
        rounded = limit if stored == torch.float32 else limit_16
        assert error(found[name], wanted) <= rounded, name


@pytest.mark.parametrize('length', [1, 2, 3, 4, 5, 13])
def test_lengths_around_the_chunk(length):
    check(make(L=length, seed=length))


@pytest.mark.parametrize('change', [
    dict(bias=False), dict(skip=False), dict(read=True),
    dict(bias=False, skip=False, softplus=False),
    dict(token_major=False, token_last=True), dict(D=1, S=1), dict(D=5, S=3),
    dict(N=2, G=2, D=2),
], ids=str)
def test_each_option(change):
    problem = make(seed=2, **change)
    if not problem.softplus:
        problem.delta = problem.delta.abs()
    check(problem)


def test_without_gradient_of_the_last_state():
    check(make(L=9), with_last=False)
    check(make(L=3), with_last=False)


@pytest.mark.parametrize('change', [
    dict(order=True), dict(reverse=True), dict(order=True, reverse=True),
    dict(order=True, reverse=True, window=5),
    dict(reverse=True, window=2, rank=2),
    dict(order=True, reverse=True, rank=3, shared=True, sum_groups=True),
], ids=str)
def test_directions(change):
    check(make(seed=3, G=2, D=2, S=1 if 'rank' in change else 2, L=10,
               **change))


@pytest.mark.parametrize('programs', [1, 10**6])
def test_one_or_several_channel_blocks_in_a_program(programs):
    tiles = dataclasses.replace(TILES, programs=programs)
    check(make(seed=4, D=9 if DEVICE == 'cuda' else 5, rank=2), tiles=tiles)


@pytest.mark.parametrize('dtype, limit', [(torch.float16, 1e-3),
                                          (torch.bfloat16, 8e-3)], ids=str)
def test_16_bit_operands_and_float32_state(dtype, limit):
    check(make(seed=5, L=5, D=2), dtype=dtype, limit_16=limit)
    check(make(seed=5, L=5, D=2, S=1, G=2, rank=1, shared=True,
               sum_groups=True), dtype=dtype, limit_16=limit)


@pytest.mark.parametrize('flip', [False, True])
def test_extreme_decays_and_inputs(flip):
    problem = make(seed=6, D=4, S=3, L=11, bias=False, softplus=False)
    problem.A = -torch.tensor([1e-3, 1., 1e3]).double().repeat(1, 4, 1)
    steps = torch.tensor([20., 1e-4, 0., 1.]).double().repeat(3)[:11]
    if flip:
        steps = steps.flip(0)
    problem.delta = steps[None, None, :, None].repeat(1, 1, 1, 4)
    problem.u = problem.u * torch.tensor([1e4, 1., 0., 1e-4]).double()
    # Terms of the gradient of A cancel: a float32 loop is off by 1.0e-5.
    check(problem, limit=2e-5)


def test_small_steps_behind_a_large_one_keep_their_precision():
    """A suffix of step sizes taken as a difference would lose them."""
    problem = make(seed=7, D=1, S=1, L=32, bias=False, skip=False,
                   softplus=False)
    problem.A = problem.A * 0 - 1e3
    problem.delta = torch.full((1, 1, 32, 1), 1e-4, dtype=torch.float64)
    problem.delta[:, :, ::8] = 20
    tiles = dataclasses.replace(TILES, chunk=16)
    check(problem, limit=3e-6, tiles=tiles)


def test_softplus_far_below_zero():
    """log(1 + exp(x)) is exp(x) there, not zero."""
    problem = make(seed=8, L=5, bias=False)
    steps = -torch.linspace(8, 60, 5, dtype=torch.float64)
    problem.delta = problem.delta * 0 + steps[:, None]
    kernel = cast(problem, DEVICE, torch.float32, torch.float32)
    kernel.u, kernel.B, kernel.C = (
        torch.ones_like(t) for t in (kernel.u, kernel.B, kernel.C))
    kernel.D = None
    # One step from zero each: reset by windows of one token.
    kernel.window = 1
    with use_tiles(TILES):
        y, _, _ = triton_backend.forward(kernel, False)
    wanted = 2 * steps.exp()  # two states, dt * B * u * C each
    assert (y[0, 0, :, 0].double().cpu() / wanted - 1).abs().max() < 4e-4
    check(problem)


@pytest.mark.parametrize('reverse', [False, True])
def test_nan_at_and_after_its_token_only(reverse):
    problem = cast(make(L=11, reverse=reverse), DEVICE, torch.float32,
                   torch.float32)
    problem.u[0, 0, 6, 1] = float('nan')
    with use_tiles(TILES):
        y, last, _ = triton_backend.forward(problem, False)
    bad = torch.zeros(11, 3, dtype=torch.bool)
    if reverse:
        bad[:7, 1] = True
    else:
        bad[6:, 1] = True
    assert torch.equal(y[0, 0].isnan().cpu(), bad)
    assert last[0, 0, 0].isnan().all(1).tolist() == [False, True, False]
    assert last[0, 0, 0].isnan().any(1).tolist() == [False, True, False]


def test_repeats_bit_for_bit():
    problem = cast(
        make(G=2, D=2, L=5, S=1, rank=1, shared=True, order=True), DEVICE,
        torch.float32, torch.float32)
    grad = torch.ones(1, 2, 5, 2)
    first, second = (run_kernel(problem, grad, None) for _ in range(2))
    assert torch.equal(first[0], second[0])
    for name, value in first[2].items():
        assert torch.equal(value, second[2][name]), name


def test_nothing_to_scan():
    problem = cast(make(L=4), DEVICE, torch.float32, torch.float32)
    for name in ('u', 'delta', 'B', 'C'):
        setattr(problem, name, getattr(problem, name)[:, :, :0])
    problem.window = 0
    y, last, saved = triton_backend.forward(problem, True)
    assert y.shape == (1, 1, 0, 3) and saved.numel() == 0
    assert last.abs().sum() == 0
    grads = triton_backend.backward(problem, saved, y, None, ('A', 'u'))
    assert grads['A'].abs().sum() == 0 and grads['u'].shape == y.shape


def test_public_functions_reach_it():
    gen = torch.Generator().manual_seed(9)

    def normal(*shape):
        return torch.randn(*shape, generator=gen).to(DEVICE)

    u, delta = normal(1, 2, 5).requires_grad_(), normal(1, 2, 5)
    delta.requires_grad_()
    A = -normal(2, 2).abs()
    rest = (A, normal(1, 2, 5), normal(1, 2, 5), None, normal(1, 2, 5))
    found, wanted = [], []
    for out, backend in ((found, 'triton'), (wanted, 'reference')):
        with use_tiles(TILES):
            y = selective_scan(u, delta, *rest, delta_softplus=True,
                               backend=backend)
            out.extend((y, *torch.autograd.grad(y.square().sum(),
                                                (u, delta))))
    for a, b in zip(found, wanted):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
    grid = normal(1, 6, 2), normal(1, 6, 2, 2)
    states = normal(1, 6, 2, 2), normal(1, 6, 2, 2)
    with use_tiles(TILES):
        a, b = (multi_directional_scan(*grid, A, *states,
                                       reverse=(False, True), backend=name)
                for name in ('triton', 'reference'))
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
