r"""Compare video methods with single-frame models, on equal terms.

Everything runs through the stock scripts. Per seed, a single-frame model is
trained from scratch; then each method starts from its weights, as the papers
start from COCO's, with the backbone frozen, and the baseline itself trains on
for as many epochs with all of its weights. MMPose's own single-frame systems
train for as long, each from its own start. Data, boxes (ground truth), input,
schedule, sampler and augmentation are the same for all. Models that get whole
frames and find the people themselves are a group of their own, trained as
their configs say::

    python benchmarks/accuracy.py                          # all, 3 seeds
    python benchmarks/accuracy.py --methods baseline dcpose --seeds 1
    python benchmarks/accuracy.py --ablations glsmamba tdmi.no-mi
    python benchmarks/accuracy.py --methods whole_frame --seeds 1
    python benchmarks/accuracy.py --size medium --device cuda
    python benchmarks/accuracy.py --dry-run                # commands only

The clips are rendered first where they are not there. A run that is finished
is not run again, one that was killed goes on from its last epoch: after
Ctrl-C the same command continues. After the trainings each run is tested once
more to see which keypoints it finds, and each model is measured alone; all
that is finished in the work directory goes to ``results.json``,
``results.csv`` and plots, from which ``benchmarks/report.py`` makes the pages.
"""
import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from comparison import ablations as ablation_table
from comparison.errors import RunError
from comparison.evaluate import (
    collect,
    measure_all,
    predict_all,
    still_all,
)
from comparison.methods import choose, discover, is_start
from comparison.plan import execute, plan
from comparison.plots import draw
from comparison.results import write_csv, write_json
from comparison.runs import Run, Trainings, shown
from comparison.sizes import ROOT, SIZES, SPLITS, Size
from comparison.tables import main_table

STEPS = ('train', 'predict', 'measure')


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add('--methods', nargs='*', metavar='NAME',
        help='names or groups (video, single_image, whole_frame); default:\n'
        'all, or with --ablations only the methods that these belong to')
    add('--ablations', nargs='*', metavar='NAME',
        help='also these variants, on the hard split; no name: all of the\n'
        'methods that have a config')
    add('--list', action='store_true', help='list methods and ablations')
    add('--size', choices=list(SIZES), default='small',
        help='\n'.join(f'{size.name}: {size.about}'
                       for size in SIZES.values()))
    add('--splits', nargs='+', choices=SPLITS, default=['hard'],
        help='of the rendered clips; default: hard')
    add('--seeds', type=int, default=3, help='how many; default: 3')
    add('--first-seed', type=int, default=0)
    add('--start-epochs', type=int,
        help="epochs of the single-frame starts; default: the size's")
    add('--epochs', type=int,
        help="epochs of each method; default: the size's, of models for\n"
        "whole frames their configs'")
    add('--device', choices=('cpu', 'cuda'), default='cpu')
    add('--gpus', type=int, default=1, help='per training, by torchrun')
    add('--jobs', type=int, help='trainings at a time; default: 2 on cpu, '
        '1 on cuda')
    add('--threads', type=int, default=1, help='of each training')
    add('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE',
        help='for all runs; take another --work-dir with it')
    add('--work-dir', type=Path, help='default: work_dirs/accuracy for '
        'small,\nwork_dirs/accuracy_SIZE for others')
    add('--steps', nargs='+', choices=STEPS, default=list(STEPS),
        help='train; predict: test by difficulty; measure: size and speed,\n'
        'on an idle machine; default: all')
    add('--dry-run', action='store_true',
        help='print the commands and stop')
    return parser


def render(size: Size, splits: Sequence[str], trainings: Trainings) -> None:
    """Render the splits that are missing, and check that they are there."""
    for split in splits:
        if size.render is not None and trainings.call(
                size.render_command(split, os.cpu_count() or 1), None):
            raise RunError(f'the {split} split of size {size.name} could not '
                           'be rendered, see above')
        size.check_data(split)


def list_choices(size: Size) -> None:
    """Print methods and ablations."""
    methods = discover(size)
    print(f'methods of size {size.name}:')
    for method in methods.values():
        print(f'  {method.name:24}{method.group:14}{method.config}')
    print('ablations:')
    for entry in ablation_table.choose([], list(methods)):
        print(f'  {entry.key:32}{entry.about}')


def print_commands(size: Size, splits: Sequence[str], runs: Sequence[Run],
                   trainings: Trainings, workers: int) -> None:
    """Print what would be run."""
    for split in splits:
        if size.render is not None:
            print(shown(size.render_command(split, workers)))
    for run in runs:
        if trainings.finished(run) is None:
            print(shown(trainings.command(run)))
        else:
            print(f'# {run.name} is finished')


def main(argv: Optional[List[str]] = None) -> int:
    """Command line; returns the exit status."""
    args = build_parser().parse_args(argv)
    size = SIZES[args.size]
    if args.list:
        list_choices(size)
        return 0
    jobs = args.jobs or (2 if args.device == 'cpu' else 1)
    work_dir = args.work_dir or ROOT / 'work_dirs' / (
        'accuracy' if args.size == 'small' else f'accuracy_{args.size}')
    splits = args.splits if size.render else list(size.splits)
    trainings = Trainings(work_dir, args.device, args.threads, args.gpus,
                          tuple(args.cfg_options))
    try:
        table = discover(size)
        variants = ablation_table.choose(args.ablations, list(table))
        wanted = args.methods
        if wanted is None and variants:
            wanted = []
        runs = plan(
            size, choose(table, wanted), variants, table,
            range(args.first_seed, args.first_seed + args.seeds), splits,
            args.start_epochs or size.start_epochs,
            args.epochs)
        if args.dry_run:
            print_commands(size, splits, runs, trainings, jobs)
            return 0
        # a polite kill ends the children like Ctrl-C
        signal.signal(signal.SIGTERM, _interrupt)
        work_dir.mkdir(parents=True, exist_ok=True)
        failures = 0
        if 'train' in args.steps:
            render(size, splits, trainings)
            failures += len(runs) - len(execute(runs, trainings, jobs))
        finished = trainings.all_finished()
        if 'predict' in args.steps:
            # of starts and ablations the tables show the AP alone
            trained = [result for result in finished
                       if not is_start(result['method'])]
            failures += len(predict_all(size, trainings, [
                result for result in trained if result['variant'] is None]))
            failures += len(still_all(trainings, [
                result for result in trained
                if result['variant'] in (None, ablation_table.TRAINED)]))
        if 'measure' in args.steps:
            failures += len(measure_all(trainings, finished))
        write(size, work_dir, collect(trainings, finished))
    except (ValueError, RunError, FileNotFoundError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if failures else 0


def write(size: Size, work_dir: Path, runs: List[Dict[str, Any]]) -> None:
    """Keep all results, and print what they come to."""
    results = dict(
        size=size.name, about=size.about,
        data=size.render and shown(size.render_command(size.splits[-1], 1)),
        runs=runs)
    write_json(work_dir / 'results.json', results)
    write_csv(work_dir / 'results.csv', runs)
    draw(results, work_dir)
    for split in size.splits:
        text = main_table(results, split)
        if text:
            print(f'\n{split}\n\n{text}')
    print(f'\nresults in {work_dir}/results.json; python benchmarks/report.py '
          f'{work_dir}/results.json makes the pages')


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == '__main__':
    sys.exit(main())
