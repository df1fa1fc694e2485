r"""Time models on a CPU with and without huge pages for large tensors.

Each model runs in a process of its own, with PyTorch's memory as it is by
default and as this package sets it (``mmpose_video/compat/
torch_environment.py``), in turn, on random input and with random weights::

    python benchmarks/huge_pages.py CONFIG... --batch-sizes 1 4 32

Prints medians over all runs of processor time (that of the kernel, which
clears the pages, included) per clip, their ratio, and the peak memory of the
process. ``--train`` adds an iteration with gradients of the largest batch.
"""
import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

WAYS = dict(default='0', huge='1')


def measure(config: str, batch: int, train: bool, repeats: int
            ) -> Dict[str, Any]:
    """Return the processor seconds of runs, and this process's peak memory.

    Args:
        config (str): The model's config.
        batch (int): Number of clips.
        train (bool): Also run backward.
        repeats (int): Number of runs after a first one.

    Returns:
        dict: ``seconds`` per clip, and ``peak`` in MiB.
    """
    import torch
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    from mmpose_video.tools.get_flops import model_and_shape

    cfg, shape = model_and_shape(config)
    init_default_scope('mmpose')
    model = MODELS.build(cfg).train(train)
    inputs = torch.rand(batch, *shape)
    seconds = []
    for _ in range(repeats + 1):
        start = time.process_time()
        with torch.set_grad_enabled(train):
            out = model(inputs, None, mode='tensor')
            if train:
                first = out[0] if isinstance(out, (tuple, list)) else out
                model.zero_grad()
                first.square().mean().backward()
        seconds.append((time.process_time() - start) / batch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return dict(seconds=seconds[1:], peak=peak)


def measure_in_child(pages: str, job: Sequence[str], threads: int
                     ) -> Dict[str, Any]:
    """Run :func:`measure` in a new process."""
    environ = dict(os.environ, THP_MEM_ALLOC_ENABLE=pages,
                   OMP_NUM_THREADS=str(threads))
    out = subprocess.run([sys.executable, __file__, '--child', *job],
                         env=environ, check=True, stdout=subprocess.PIPE)
    return json.loads(out.stdout.splitlines()[-1])


def row(config: str, batch: int, train: bool, args: argparse.Namespace) -> str:
    """Measure a model both ways, and return a row of the table."""
    seconds: Dict[str, List[float]] = {name: [] for name in WAYS}
    peaks: Dict[str, int] = {}
    job = [config, str(batch), str(int(train)), str(args.repeats)]
    for _ in range(args.rounds):
        for name, pages in WAYS.items():
            result = measure_in_child(pages, job, args.threads)
            seconds[name] += result['seconds']
            peaks[name] = max(peaks.get(name, 0), result['peak'])
    default, huge = (statistics.median(seconds[name]) * 1e3 for name in WAYS)
    kind = 'training' if train else 'inference'
    return (f'| {Path(config).stem.split("_8x")[0]} | {kind}, {batch} | '
            f'{default:.1f} | {huge:.1f} | {default / huge:.2f} | '
            f'{peaks["default"]} | {peaks["huge"]} |')


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('configs', nargs='*')
    add('--batch-sizes', type=int, nargs='+', default=[1, 4, 32])
    add('--train', action='store_true')
    add('--rounds', type=int, default=2, help='processes per figure')
    add('--repeats', type=int, default=3, help='runs in each process')
    add('--threads', type=int, default=1)
    add('--child', nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        config, *numbers = args.child
        batch, train, repeats = map(int, numbers)
        print(json.dumps(measure(config, batch, bool(train), repeats)))
        return
    jobs: List[Tuple[int, bool]] = [(n, False) for n in args.batch_sizes]
    if args.train:
        jobs.append((max(args.batch_sizes), True))
    print(f'{platform.processor() or platform.machine()}, {args.threads} '
          'threads; median ms of processor time per clip; peak memory in MiB\n'
          '\n| model | clips | default | huge pages | ratio | peak | '
          'huge pages |\n|' + '---|' * 7)
    for config in args.configs:
        for batch, train in jobs:
            print(row(config, batch, train, args), flush=True)


if __name__ == '__main__':
    main()
