r"""Compare video methods with their single-frame baseline on rendered clips.

Everything runs through the stock scripts. Per seed, a single-frame model is
trained from scratch; then each method starts from its weights, as the papers
start from COCO's, with the backbone frozen, and the baseline itself trains on
for as many epochs with all of its weights. Data, boxes (ground truth),
backbone, input, schedule and augmentation are the same for all::

    python -m mmpose_video.datasets.synthetic data/synthetic/hard \\
        --videos 150 --val-videos 30 --frames 16 --labeled-every 4
    python benchmarks/accuracy.py --methods dcpose fami --seeds 3

A run that is finished is not run again; results go to ``results.json`` in the
work directory, and a Markdown table is printed.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional

ROOT = Path(__file__).resolve().parents[1]
SUFFIX = '_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
BASELINE = f'configs/baseline/td-hm{SUFFIX}'
METHODS = {
    'baseline': BASELINE,
    'dcpose': f'configs/dcpose/dcpose{SUFFIX}',
    'fami': f'configs/fami/fami{SUFFIX}',
    'tdmi': f'configs/tdmi/tdmi{SUFFIX}',
    'tdmi-st': f'configs/tdmi/tdmi-st{SUFFIX}',
    'diffpose': f'configs/diffpose/diffpose{SUFFIX}',
    'glsmamba': f'configs/glsmamba/glsmamba{SUFFIX}',
}
GROUPS = ('Head', 'Shoulder', 'Elbow', 'Wrist', 'Hip', 'Knee', 'Ankle')


def epochs_options(epochs: int) -> List[str]:
    """Config options that set the length of a training."""
    return [f'train_cfg.max_epochs={epochs}',
            f'train_cfg.val_interval={epochs}',
            f'param_scheduler.1.T_max={epochs}']


def method_options(method: str, start: str) -> List[str]:
    """Config options of the second stage."""
    options = [f'load_from={start}']
    if method != 'baseline':
        options.append('model.freeze_backbone=True')
    if method == 'dcpose':
        rough = 'model.neck.rough_head'
        options += [f'{rough}.frozen=True',
                    f'{rough}.init_cfg.type=Pretrained',
                    f'{rough}.init_cfg.checkpoint={start}',
                    f'{rough}.init_cfg.prefix=head.']
    return options


class Runs:
    """Trainings in a work directory.

    Args:
        work_dir (Path): Holds a folder per run and ``results.json``.
        threads (int): Of each training.
    """

    def __init__(self, work_dir: Path, threads: int) -> None:
        self.work_dir = work_dir
        self.threads = threads
        work_dir.mkdir(parents=True, exist_ok=True)

    def train(self, name: str, config: str, seed: int, epochs: int,
              options: List[str]) -> Dict[str, Any]:
        """Train one model, or read what an earlier call left."""
        folder = self.work_dir / name
        done = folder / 'done.json'
        if done.exists():
            return json.loads(done.read_text())
        start = time.perf_counter()
        print(f'{name} ...', flush=True)
        folder.mkdir(exist_ok=True)
        with open(folder / 'output.log', 'w') as log:
            code = subprocess.call(
                [sys.executable, '-m', 'mim', 'train', 'mmpose', config,
                 '--work-dir', str(folder), '--cfg-options',
                 f'randomness.seed={seed}', 'default_hooks.logger.interval=10',
                 'default_hooks.checkpoint.max_keep_ckpts=1',
                 *epochs_options(epochs), *options],
                cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, 'OMP_NUM_THREADS': str(self.threads)})
        if code:
            raise SystemExit(f'{name} failed: see {folder}/output.log')
        scalars = max(folder.glob('*/vis_data/scalars.json'),
                      key=os.path.getmtime)
        lines = [json.loads(line)
                 for line in scalars.read_text().splitlines()]
        metrics = [line for line in lines if 'posetrack/AP' in line][-1]
        result = dict(
            name=name, config=config, seed=seed, epochs=epochs,
            minutes=(time.perf_counter() - start) / 60,
            seconds_per_iteration=statistics.median(
                line['time'] for line in lines if 'loss' in line),
            checkpoint=str(next(folder.glob(f'epoch_{epochs}.pth'))),
            AP=metrics['posetrack/AP'],
            **{group: metrics[f'posetrack/{group} AP'] for group in GROUPS})
        done.write_text(json.dumps(result, indent=1))
        print(f'{name}: AP {result["AP"]:.2f} after '
              f'{result["minutes"]:.1f} min', flush=True)
        return result


def compare(runs: Runs, methods: List[str], seeds: int, first: int,
            second: int, jobs: int) -> List[Dict[str, Any]]:
    """Run all trainings that are missing; returns their results."""
    with ThreadPoolExecutor(jobs) as pool:
        starts = list(pool.map(
            lambda seed: runs.train(f'start_seed{seed}', BASELINE, seed,
                                    first, []), range(seeds)))
        tasks = [(method, seed) for seed in range(seeds)
                 for method in methods]
        return list(pool.map(
            lambda task: dict(
                runs.train(
                    f'{task[0]}_seed{task[1]}', METHODS[task[0]], task[1],
                    second, method_options(
                        task[0], os.path.abspath(
                            starts[task[1]]['checkpoint']))),
                method=task[0]), tasks))


def table(results: List[Dict[str, Any]]) -> str:
    """Markdown: mean over seeds, and the spread of the mean AP."""
    from mmpose_video.tools.get_flops import count
    lines = ['| method | AP (mean, least to most) | ' + ' | '.join(GROUPS) +
             ' | parameters | GMAC | s/iteration |',
             '|---' * (len(GROUPS) + 5) + '|']
    for method in dict.fromkeys(result['method'] for result in results):
        rows = [r for r in results if r['method'] == method]
        mean = {key: statistics.mean(row[key] for row in rows)
                for key in ('AP', 'seconds_per_iteration', *GROUPS)}
        values = [row['AP'] for row in rows]
        size = count(str(ROOT / rows[0]['config']))
        groups = ' | '.join(f'{mean[group]:.1f}' for group in GROUPS)
        lines.append(
            f'| {method} | {mean["AP"]:.1f} ({min(values):.1f} to '
            f'{max(values):.1f}, {len(rows)} seeds) | {groups} | '
            f'{size["params"] / 1e6:.2f} M | {size["macs"] / 1e9:.2f} | '
            f'{mean["seconds_per_iteration"]:.2f} |')
    return '\n'.join(lines)


def main(argv: Optional[List[str]] = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--methods', nargs='+', default=list(METHODS),
                        choices=list(METHODS))
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--start-epochs', type=int, default=8,
                        help='epochs of the single-frame start')
    parser.add_argument('--epochs', type=int, default=4,
                        help='epochs of each method')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--work-dir', type=Path,
                        default=ROOT / 'work_dirs' / 'accuracy')
    args = parser.parse_args(argv)
    runs = Runs(args.work_dir, args.threads)
    results = compare(runs, args.methods, args.seeds, args.start_epochs,
                      args.epochs, args.jobs)
    (args.work_dir / 'results.json').write_text(json.dumps(results, indent=1))
    print(table(results))


if __name__ == '__main__':
    main()
