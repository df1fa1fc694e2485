"""Measure time, memory and error of the selective scan on a CPU.

Prints the tables of ``docs/selective_scan.md``. Each measurement runs in a
forked process of its own; the candidates take turns, and the median over
the rounds counts. With one thread the time is CPU time of the process, so
that other work on the machine matters less.

    python benchmarks/selective_scan.py [--threads 1] [--rounds 3] [--quick]
"""
import argparse
import json
import math
import platform
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import torch
from forked_measure import measure
from mmengine.config import Config
from mmpose.models import build_pose_estimator
from mmpose.utils import register_all_modules
from selective_scan_baselines import (
    natural_order,
    parallel_scan,
    time_indexed_loop,
    vmamba_style,
)
from torch import Tensor

from mmpose_video.models.necks.glsmamba.scan_orders import stacked_orders
from mmpose_video.ops import available_backends, selective_scan

Inputs = Dict[str, Tensor]
PAPER = dict(D=64, S=16, L=15360)
#: Names of the tables.
TABLES = ('scans', 'limits', 'growth', 'directions', 'model', '16bit')
SMALL_MODEL = (Path(__file__).resolve().parents[1] / 'configs' / 'glsmamba'
               / 'glsmamba_hrnet-tiny_1xb16-4e_synthetic-96x64.py')


def scan_inputs(D: int, S: int, L: int) -> Inputs:
    """Draw operands as a freshly initialised Mamba block has them."""
    g = torch.Generator().manual_seed(0)
    draw = partial(torch.randn, generator=g)
    rate = torch.arange(1, S + 1.) * torch.exp(.1 * draw(D, S))
    dt = torch.exp(math.log(1e-3)
                   + torch.rand(D, generator=g) * math.log(100))
    return dict(u=draw(1, D, L), delta=.3 * draw(1, D, L), A=-rate,
                B=draw(1, S, L), C=draw(1, S, L), D=draw(D),
                delta_bias=dt + torch.log(-torch.expm1(-dt)))


def operator_inputs(T: int, h: int, w: int, D: int = 64, S: int = 16,
                    rank: int = 4) -> Tuple[Tensor, Inputs, Tensor]:
    """Draw tokens, weights and orders of the six-direction operator."""
    g = torch.Generator().manual_seed(0)
    draw = partial(torch.randn, generator=g)
    weights = dict(
        project=draw(6, rank + 2 * S, D) / D**.5,
        dt_weight=draw(6, D, rank) / rank**.5,
        A=-torch.arange(1, S + 1.).repeat(6, D, 1), D=torch.ones(6, D),
        bias=torch.full((6, D), -4.))
    names = ('unified', 'spatial', 'temporal') * 2
    return draw(1, T * h * w, D), weights, stacked_orders(names, (T, h, w))


REVERSE = (False, ) * 3 + (True, ) * 3


def forward(function: Callable[..., Tensor], inputs: Inputs) -> None:
    """Run the forward pass without gradients."""
    with torch.no_grad():
        function(**inputs)


def both(function: Callable[..., Tensor], inputs: Inputs) -> None:
    """Run both passes, with the gradients of everything."""
    leaves = {k: v.detach().requires_grad_() for k, v in inputs.items()}
    y = function(**leaves)
    y.backward(torch.ones_like(y))


def limits() -> Dict[str, float]:
    """Measure memory bandwidth (GB/s) and exponentials (1e9/s), one thread."""
    big, small = torch.zeros(1 << 26), torch.rand(1 << 14)
    out, into = torch.zeros_like(big), torch.empty_like(small)

    def best(call: Callable[[], Any], times: int) -> float:
        found = []
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(times):
                call()
            found.append((time.perf_counter() - start) / times)
        return min(found)

    copy = best(lambda: out.copy_(big), 1)
    exps = best(lambda: torch.exp2(small, out=into), 200)
    return dict(bandwidth=2 * 4 * big.numel() / copy / 1e9,
                exponentials=small.numel() / exps / 1e9)


def row(*cells: Any) -> None:
    """Print a line of a Markdown table."""
    print('| ' + ' | '.join(str(cell) for cell in cells) + ' |', flush=True)


def header(*cells: str) -> None:
    """Print the first two lines of a Markdown table."""
    row(*cells)
    row(*['---'] * len(cells))


def errors(function: Callable[..., Tensor], inputs: Inputs) -> str:
    """Return the largest relative error against float64."""
    found = []
    exact = partial(selective_scan, delta_softplus=True, backend='torch')
    for call, dtype in ((function, torch.float32), (exact, torch.float64)):
        leaves = {k: v.detach().to(dtype).requires_grad_()
                  for k, v in inputs.items()}
        y = call(**leaves)
        y.backward(torch.ones_like(y))
        found.append([y.detach()] + [v.grad for v in leaves.values()])
    worst = [((a.double() - b).abs().max() / b.abs().max()).item()
             for a, b in zip(*found)]
    return f'{worst[0]:.1e} / {max(worst[1:]):.1e}'


def single_scans(args: argparse.Namespace, fast: List[str]) -> None:
    """Measure each backend, shape and pass."""
    shapes = [PAPER, dict(D=192, S=16, L=3840), dict(D=192, S=1, L=3840)]
    for shape in shapes[:1] if args.quick else shapes:
        inputs = scan_inputs(**shape)
        functions: Dict[str, Callable[..., Tensor]] = {
            'selective_scan_ref (rewritten)': time_indexed_loop,
            'mamba.py (rewritten)': parallel_scan,
        }
        for name in fast:
            functions[name] = partial(selective_scan, delta_softplus=True,
                                      backend=name)
        ahead = measure({n: partial(forward, f, inputs)
                         for n, f in functions.items()}, args.rounds,
                        args.threads)
        # The loop's backward pass is quadratic in L: minutes here.
        back = measure({n: partial(both, f, inputs)
                        for n, f in functions.items()
                        if f is not time_indexed_loop}, args.rounds,
                       args.threads)
        loop, pairs = list(functions)[:2]
        print(f'\n### N 1, {shape}, {args.threads} thread(s)\n')
        header('backend', 'forward ms', 'x loop', 'x mamba.py', 'peak MB',
               'forward + backward ms', 'x mamba.py', 'peak MB',
               'error forward / gradients')
        for name, function in functions.items():
            ms, peak = ahead[name]
            cells = [name, f'{ms:.1f}', f'{ahead[loop][0] / ms:.1f}',
                     f'{ahead[pairs][0] / ms:.1f}', f'{peak:.0f}']
            if name in back:
                ms, peak = back[name]
                cells += [f'{ms:.1f}', f'{back[pairs][0] / ms:.1f}',
                          f'{peak:.0f}', errors(function, inputs)]
            row(*cells, *[''] * (9 - len(cells)))


def roofline(args: argparse.Namespace, fast: List[str]) -> None:
    """Print how far the kernels are from the machine's limits."""
    found = limits()
    inputs = scan_inputs(**PAPER)
    moved = sum(v.numel() for v in inputs.values()) * 4
    moved += inputs['u'].numel() * 4
    traffic = moved / found['bandwidth'] / 1e6
    exps = PAPER['D'] * PAPER['S'] * PAPER['L'] / (
        found['exponentials'] * 1e6)
    print(f'\nMemory {found["bandwidth"]:.1f} GB/s, exponentials '
          f'{found["exponentials"]:.2f} 1e9/s (torch.exp2 in cache), one '
          f'thread: the forward pass must move {moved / 1e6:.1f} MB '
          f'({traffic:.2f} ms) and take {exps:.2f} ms of exponentials.\n')
    times = measure({
        name: partial(forward, partial(
            selective_scan, delta_softplus=True, backend=name), inputs)
        for name in fast}, args.rounds, 1)
    header('backend', 'x memory time', 'x exponential time')
    for name, (ms, _) in times.items():
        row(name, f'{ms / traffic:.1f}', f'{ms / exps:.1f}')


def growth(args: argparse.Namespace, fast: List[str]) -> None:
    """Measure cost against length, which must be linear."""
    print('\n### Cost of 1,024 tokens as L grows (D 64, S 16), ms\n')
    header('L', *(f'{n} {p}' for n in fast
                  for p in ('forward', 'forward + backward')))
    for power in range(10, 14 if args.quick else 18):
        inputs = scan_inputs(D=64, S=16, L=1 << power)
        calls = {}
        for name in fast:
            function = partial(selective_scan, delta_softplus=True,
                               backend=name)
            calls[name + ' f'] = partial(forward, function, inputs)
            calls[name + ' b'] = partial(both, function, inputs)
        times = measure(calls, args.rounds, args.threads)
        row(1 << power, *(f'{ms / (1 << power - 10):.3f}'
                          for ms, _ in times.values()))


def directions(args: argparse.Namespace, fast: List[str]) -> None:
    """Measure the whole six-direction operator."""
    size = (5, 16, 12) if args.quick else (5, 64, 48)
    x, weights, orders = operator_inputs(*size)
    inputs = dict(x=x, **weights)

    def split(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda x, **weights: function(x, weights, orders, REVERSE)

    functions = {'VMamba-style, loop': split(
        partial(vmamba_style, time_indexed_loop))}
    for name in fast:
        scan = partial(selective_scan, delta_softplus=True, backend=name)
        functions[f'six permuted copies, {name}'] = split(
            partial(vmamba_style, scan))
        functions[f'orders in the kernel, {name}'] = split(
            partial(natural_order, backend=name))
    slow = next(iter(functions))
    ahead = measure({n: partial(forward, f, inputs)
                     for n, f in functions.items()}, args.rounds,
                    args.threads)
    back = measure({n: partial(both, f, inputs)
                    for n, f in functions.items() if n != slow},
                   args.rounds, args.threads)
    print(f'\n### Six directions, whole operator, T h w {size}, D 64, S 16\n')
    header('operator', 'forward ms', 'x loop', 'peak MB',
           'forward + backward ms', 'peak MB')
    for name, (ms, peak) in ahead.items():
        cells: List[Optional[str]] = [name, f'{ms:.1f}',
                                      f'{ahead[slow][0] / ms:.1f}',
                                      f'{peak:.0f}']
        if name in back:
            cells += [f'{back[name][0]:.1f}', f'{back[name][1]:.0f}']
        row(*cells, *[''] * (6 - len(cells)))


def whole_model(args: argparse.Namespace, fast: List[str]) -> None:
    """Measure the small GLSMamba config as a whole, batch of 16 clips."""
    register_all_modules()
    config = Config.fromfile(SMALL_MODEL)
    clips = dict(inputs=torch.randn(
        4 if args.quick else 16, config.model.neck.get('num_frames', 5), 3,
        96, 64, generator=torch.Generator().manual_seed(0)))
    functions: Dict[str, Callable[..., Tensor]] = {}
    for name in ('reference', *fast):
        config.model.neck.setdefault('scan_cfg', {})['backend'] = name
        torch.manual_seed(0)
        model = build_pose_estimator(config.model).train()
        functions[name] = partial(model, data_samples=None)
    loop = next(iter(functions))

    def step(function: Callable[..., Tensor], inputs: Inputs) -> None:
        function(**inputs).square().mean().backward()

    ahead = measure({n: partial(forward, f, clips)
                     for n, f in functions.items()}, args.rounds,
                    args.threads)
    back = measure({n: partial(step, f, clips)
                    for n, f in functions.items()}, args.rounds,
                   args.threads)
    print(f'\n### Small GLSMamba, {len(clips["inputs"])} clips of 5 frames, '
          f'96x64, {args.threads} thread(s)\n')
    header('backend', 'forward ms', 'x loop', 'peak MB',
           'forward + backward ms', 'x loop', 'peak MB')
    for name, (ms, peak) in ahead.items():
        row(name, f'{ms:.0f}', f'{ahead[loop][0] / ms:.1f}', f'{peak:.0f}',
            f'{back[name][0]:.0f}', f'{back[loop][0] / back[name][0]:.1f}',
            f'{back[name][1]:.0f}')


def halves() -> None:
    """Measure the error of 16-bit operands with a float32 state."""
    inputs = scan_inputs(**PAPER)
    exact = selective_scan(**{k: v.double() for k, v in inputs.items()},
                           delta_softplus=True, backend='torch')
    print('\n### Error of 16-bit operands (maximum / root mean square)\n')
    header('dtype', 'u, B, C', 'u, delta, B, C')
    for dtype in (torch.bfloat16, torch.float16):
        cells = []
        for names in ('uBC', ('u', 'delta', 'B', 'C')):
            rounded = {k: v.to(dtype).double() if k in names else v.double()
                       for k, v in inputs.items()}
            y = selective_scan(**rounded, delta_softplus=True,
                               backend='torch')
            error = (y - exact)
            cells.append(
                f'{error.abs().max() / exact.abs().max():.1e} / '
                f'{(error.square().mean() / exact.square().mean())**.5:.1e}')
        row(dtype, *cells)


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--quick', action='store_true',
                        help='few shapes, short lengths')
    parser.add_argument('--only', nargs='+', choices=TABLES, default=TABLES,
                        help='tables to print')
    args = parser.parse_args()
    torch.set_num_threads(1)
    backends = available_backends()
    fast = [name for name in ('torch', 'cpp') if backends[name][0]]
    print(f'PyTorch {torch.__version__}, {platform.machine()} '
          f'{torch.backends.cpu.get_cpu_capability()}; '
          + json.dumps({k: v[0] for k, v in backends.items()}))
    tables = {
        'scans': lambda: single_scans(args, fast),
        'limits': lambda: roofline(args, fast),
        'growth': lambda: growth(args, fast),
        'directions': lambda: directions(args, fast),
        'model': lambda: whole_model(args, fast), '16bit': halves}
    for name in args.only:
        tables[name]()


if __name__ == '__main__':
    main()
