r"""Time training, inference and scan beside other busy processes.

Each job runs in a process of its own, with OpenMP's threads waiting as they
do by default (``before``) and as this package lets them wait (``after``),
alone and beside busy processes; ``mmpose_video/compat/torch_environment.py``
says why::

    python benchmarks/busy_machine.py --busy 2

The ways take turns; a figure is the median over all runs. ``beside/alone`` of
a job that shares two processors fairly with two processes of one thread each
is about 2. Run it on a quiet machine: the load before each run is printed.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Tuple

JOBS = ('training', 'inference', 'scan', 'scan_backward')
TITLES = {
    'training': 'training iteration, 16 clips',
    'inference': 'inference, one clip',
    'scan': 'C++ scan, forward',
    'scan_backward': 'C++ scan, forward and backward',
}
CONFIG = ('configs/glsmamba/'
          'glsmamba_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
# what an unset variable means to libgomp
BEFORE = dict(GOMP_SPINCOUNT='300000')


def make_model_job(batch: int, train: bool) -> Callable[[], None]:
    """Return a run of the small GLSMamba on random clips.

    Args:
        batch (int): Number of clips.
        train (bool): Also run backward.
    """
    import torch
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    cfg = Config.fromfile(str(Path(__file__).parents[1] / CONFIG))
    init_default_scope('mmpose')
    model = MODELS.build(cfg.model).train(train)
    inputs = torch.rand(batch, 5, 3, 96, 64)

    def run() -> None:
        with torch.set_grad_enabled(train):
            out = model(inputs, None, mode='tensor')
            if train:
                model.zero_grad()
                out.square().mean().backward()

    return run


def make_scan_job(backward: bool) -> Callable[[], None]:
    """Return a run of the C++ scan over 1,920 tokens of 4 samples.

    Args:
        backward (bool): Also run backward.
    """
    import torch

    from mmpose_video.ops import selective_scan

    def leaf(*shape: int) -> torch.Tensor:
        return torch.randn(shape).requires_grad_(backward)

    u, B, C = leaf(4, 64, 1920), leaf(4, 16, 1920), leaf(4, 16, 1920)
    delta = torch.rand(4, 64, 1920).requires_grad_(backward)
    A = (-torch.rand(64, 16)).requires_grad_(backward)

    def run() -> None:
        out = selective_scan(u, delta, A, B, C, backend='cpp')
        if backward:
            out.sum().backward()

    return run


def measure(job: str, repeats: int) -> List[float]:
    """Return the seconds of each run of a job, in this process."""
    import mmpose_video  # noqa: F401  registers the model

    run = {
        'training': lambda: make_model_job(16, True),
        'inference': lambda: make_model_job(1, False),
        'scan': lambda: make_scan_job(False),
        'scan_backward': lambda: make_scan_job(True),
    }[job]()
    run()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def measure_in_child(job: str, waits: Dict[str, str], busy: int,
                     repeats: int, threads: int) -> List[float]:
    """Run a job in a new process, beside processes that only count."""
    environ = {
        name: value for name, value in os.environ.items()
        if name not in ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT')
    }
    environ.update(waits, OMP_NUM_THREADS=str(threads))
    others = [
        subprocess.Popen([sys.executable, '-c', 'while True: pass'])
        for _ in range(busy)
    ]
    try:
        out = subprocess.run(
            [sys.executable, __file__, '--job', job, '--repeats',
             str(repeats)], env=environ, check=True, stdout=subprocess.PIPE)
    finally:
        for other in others:
            other.kill()
            other.wait()
    return json.loads(out.stdout.splitlines()[-1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('--busy', type=int, default=2, help='number of busy processes')
    add('--rounds', type=int, default=3, help='processes per figure')
    add('--repeats', type=int, default=5, help='runs in each process')
    add('--threads', type=int, default=len(os.sched_getaffinity(0)))
    add('--job', choices=JOBS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.job:
        print(json.dumps(measure(args.job, args.repeats)))
        return
    ways: Dict[str, Dict[str, str]] = dict(before=BEFORE, after={})
    times: Dict[Tuple[str, str, int], List[float]] = {}
    for turn in range(args.rounds):
        for job in JOBS:
            for busy in (0, args.busy):
                for name, waits in ways.items():
                    load = os.getloadavg()[0]
                    seconds = measure_in_child(job, waits, busy,
                                               args.repeats, args.threads)
                    times.setdefault((job, name, busy), []).extend(seconds)
                    print(f'round {turn}, {job}, {name}, {busy} busy, load '
                          f'{load:.1f}: {statistics.median(seconds):.4f} s',
                          file=sys.stderr)
    print(f'{platform.processor() or platform.machine()}, {args.threads} '
          f'threads, {args.busy} busy processes, median seconds\n')
    print('| job | before, alone | beside | ratio | after, alone | beside | '
          'ratio | before/after alone | beside |')
    print('|---|' + '---|' * 8)
    for job in JOBS:
        cells = []
        middle = {key[1:]: statistics.median(value)
                  for key, value in times.items() if key[0] == job}
        for name in ways:
            alone, beside = middle[name, 0], middle[name, args.busy]
            cells += [f'{alone:.4f}', f'{beside:.4f}',
                      f'{beside / alone:.1f}']
        for busy in (0, args.busy):
            ratio = middle['before', busy] / middle['after', busy]
            cells.append(f'{ratio:.2f}')
        print(f'| {TITLES[job]} | {" | ".join(cells)} |')


if __name__ == '__main__':
    main()
