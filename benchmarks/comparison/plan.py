"""Make a list of runs from methods, seeds and splits, and run them."""
import statistics
import sys
import time
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ThreadPoolExecutor,
    wait,
)
from typing import Any, Dict, List, Optional, Sequence

from .ablations import Ablation
from .errors import RunError
from .methods import BASELINE, Method
from .runs import Run, Trainings
from .sizes import Size


def prefix(split: str, size: Size) -> str:
    """Return the prefix of the names of a split's runs."""
    return '' if split == size.splits[-1] else f'{split}_'


def plan(size: Size, methods: Sequence[Method],
         ablations: Sequence[Ablation], table: Dict[str, Method],
         seeds: Sequence[int], splits: Sequence[str],
         start_epochs: Optional[int], epochs: Optional[int]) -> List[Run]:
    """List all runs, each after the one that it starts from.

    Args:
        size (Size): The size.
        methods (Sequence[Method]): Methods to compare.
        ablations (Sequence[Ablation]): Variants to run beside them, on the
            last split; with each comes its method itself.
        table (dict): All methods of the size by name, to look up starts.
        seeds (Sequence[int]): Seeds.
        splits (Sequence[str]): Splits of the data.
        start_epochs (int, optional): Of the starts.
        epochs (int, optional): Of the methods. None: of each its own, or
            else the size's.

    Raises:
        ValueError: If a method's start is missing among the configs.
    """
    runs: Dict[str, Run] = {}

    def add(method: Method, split: str, seed: int,
            ablation: Optional[Ablation] = None) -> None:
        data = size.data_options(split)
        begin = prefix(split, size)
        start = None
        if method.start is not None:
            if method.start not in table:
                raise ValueError(
                    f'{method.config} starts from {method.start!r}, for '
                    'which there is no config in configs/single_image')
            word = ('start' if method.start == BASELINE
                    else f'{method.start}-start')
            start = f'{begin}{word}_seed{seed}'
            runs.setdefault(start, Run(
                start, word, table[method.start].config, seed, split,
                start_epochs, data))
        name = method.name + (f'.{ablation.name}' if ablation else '')
        name = f'{begin}{name}_seed{seed}'
        runs.setdefault(name, Run(
            name, method.name, method.config, seed, split,
            epochs or method.epochs or size.epochs,
            (*data, *(ablation.options_for(size) if ablation else ())), start,
            method.options('{start}') if start else (),
            ablation.name if ablation else None))

    for seed in seeds:
        for split in reversed(splits):
            for method in methods:
                add(method, split, seed)
        for ablation in ablations:
            method = table[ablation.method]
            add(method, splits[-1], seed)
            add(method, splits[-1], seed, ablation)
    # whole seeds one after the other, so that one is soon there
    return sorted(runs.values(),
                  key=lambda run: (run.seed, run.start is not None))


class Progress:
    """Print a line when a run begins and when it ends.

    Args:
        runs (Sequence[Run]): All runs.
        known (dict): Results that are there already, by name.
        jobs (int): Runs at a time.
    """

    def __init__(self, runs: Sequence[Run], known: Dict[str, Dict[str, Any]],
                 jobs: int) -> None:
        self.total = len(runs)
        self.open = {run.name: run for run in runs if run.name not in known}
        self.jobs = jobs
        self.minutes: Dict[str, List[float]] = {}
        for result in known.values():
            self._learn(result)

    def _learn(self, result: Dict[str, Any]) -> None:
        self.minutes.setdefault(result['method'], []).append(
            result['minutes'])

    def remaining(self) -> Optional[float]:
        """Return the minutes that the open runs will take; None if unknown.

        A run takes as long as those of its method did on average; a method
        that was not yet run, as long as the average of all.
        """
        spent = [m for values in self.minutes.values() for m in values]
        if not spent:
            return None
        everyone = statistics.mean(spent)
        return sum(
            statistics.mean(self.minutes[run.method])
            if run.method in self.minutes else everyone
            for run in self.open.values()) / self.jobs

    def say(self, text: str) -> None:
        """Print a line with the count and the time left."""
        done = self.total - len(self.open)
        left = self.remaining()
        when = ('' if left is None or not self.open else
                f', about {duration(left)} left')
        print(f'[{time.strftime("%H:%M")}, {done} of {self.total} done{when}]'
              f' {text}', flush=True)

    def end(self, run: Run, result: Optional[Dict[str, Any]]) -> None:
        """Note the end of a run; ``result`` is None if it failed."""
        if self.open.pop(run.name, None) is None or result is None:
            return
        self._learn(result)
        self.say(f'{run.name}: AP {result["AP"]:.2f} after '
                 f'{result["minutes"]:.1f} min')


def duration(minutes: float) -> str:
    """Write minutes as ``2 h 05 min``."""
    hours, rest = divmod(round(minutes), 60)
    return f'{hours} h {rest:02d} min' if hours else f'{rest} min'


def execute(runs: Sequence[Run], trainings: Trainings, jobs: int
            ) -> Dict[str, Dict[str, Any]]:
    """Run what is missing.

    A run that fails does not stop the others, except those that start from
    it.

    Args:
        runs (Sequence[Run]): In the order of :func:`plan`.
        trainings (Trainings): Runs and remembers.
        jobs (int): Runs at a time.

    Returns:
        dict: Results by name, of the runs that succeeded.

    Raises:
        RunError: If a folder holds the result of another run.
        KeyboardInterrupt: After all children were ended.
    """
    known = {}
    for run in runs:
        result = trainings.finished(run)
        if result is not None:
            known[run.name] = result
    progress = Progress(runs, known, jobs)
    progress.say(f'{len(known)} finished before, {len(runs) - len(known)} '
                 f'to run, {jobs} at a time')
    results = dict(known)
    failures: Dict[str, str] = {}
    waiting = [run for run in runs if run.name not in known]
    running: Dict[Future[Dict[str, Any]], Run] = {}

    def failed(run: Run, why: str) -> None:
        failures[run.name] = why
        print(f'error: {why}', file=sys.stderr, flush=True)
        progress.end(run, None)

    pool = ThreadPoolExecutor(jobs)
    try:
        while waiting or running:
            for run in list(waiting):
                if run.start in failures:
                    waiting.remove(run)
                    failed(run, f'{run.name} was not run: {run.start}, from '
                           'which it starts, failed')
                elif len(running) < jobs and (run.start is None
                                              or run.start in results):
                    waiting.remove(run)
                    progress.say(f'{run.name} ...')
                    running[pool.submit(trainings.train, run)] = run
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                run = running.pop(future)
                try:
                    results[run.name] = future.result()
                    progress.end(run, results[run.name])
                except RunError as error:
                    failed(run, str(error))
    except BaseException:
        print('stopping; what is finished stays, and the same command goes '
              'on from there', file=sys.stderr, flush=True)
        trainings.stop()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if failures:
        print(f'{len(failures)} of {len(runs)} runs failed, see above',
              file=sys.stderr)
    return {run.name: results[run.name] for run in runs
            if run.name in results}
