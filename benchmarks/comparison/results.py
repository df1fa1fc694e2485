"""Read and write the file of results, and summarize it over seeds."""
import csv
import json
import os
import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .difficulty import rates
from .logs import JOINT_GROUPS
from .methods import is_start

COST_KEYS = ('params', 'trainable', 'macs', 'frames', 'batch_size',
             'samples_per_second', 'clips_per_second', 'memory_mb')
COLUMNS = ('name', 'method', 'variant', 'split', 'seed', 'config', 'options',
           'epochs', 'AP', *JOINT_GROUPS, 'minutes', 'seconds_per_iteration',
           'device', 'commit')


@dataclass(frozen=True)
class Row:
    """A method, or a variant of one, over its seeds.

    Args:
        method (str): Name of the method.
        variant (str, optional): Name of the ablation.
        split (str): Split of the data.
        runs (Tuple[dict, ...]): Its runs, by seed.
    """
    method: str
    variant: Optional[str]
    split: str
    runs: Tuple[Dict[str, Any], ...]

    @property
    def config(self) -> str:
        """str: Path of its config."""
        return str(self.runs[0]['config'])

    @property
    def cost(self) -> Dict[str, Any]:
        """dict: Size and speed; empty if not measured."""
        return next((run['cost'] for run in self.runs if run.get('cost')), {})

    def values(self, key: str) -> List[float]:
        """Return a number of each run."""
        return [run[key] for run in self.runs if run.get(key) is not None]

    def mean(self, key: str) -> float:
        """Return the mean over the seeds."""
        return statistics.mean(self.values(key))

    def deviation(self, key: str) -> Optional[float]:
        """Return the standard deviation over seeds (n - 1); None for one."""
        values = self.values(key)
        return statistics.stdev(values) if len(values) > 1 else None

    def at_seeds_of(self, other: 'Row') -> 'Row':
        """Return this row with the runs of the seeds that another has."""
        seeds = [run['seed'] for run in other.runs]
        return replace(self, runs=tuple(
            run for run in self.runs if run['seed'] in seeds))

    def rates(self) -> Dict[str, Dict[str, float]]:
        """Return the percentage of keypoints found per condition and bin."""
        return rates([run['difficulty'] for run in self.runs
                      if run.get('difficulty')])


def rows(results: Dict[str, Any]) -> List[Row]:
    """Group runs by method, variant and split; starts are left out."""
    table: Dict[Tuple[str, Optional[str], str], List[Dict[str, Any]]] = {}
    for run in results['runs']:
        if not is_start(run['method']):
            key = (run['method'], run.get('variant'), run['split'])
            table.setdefault(key, []).append(run)
    return [Row(*key, tuple(sorted(runs, key=lambda run: run['seed'])))
            for key, runs in table.items()]


def changes(variant: Row, full: Row, key: str = 'AP') -> List[float]:
    """Change of a number against the full model of the same seed."""
    base = {run['seed']: run[key] for run in full.runs}
    return [run[key] - base[run['seed']] for run in variant.runs
            if run['seed'] in base]


def write_json(path: Path, results: Dict[str, Any]) -> None:
    """Write the raw results, all or nothing."""
    draft = path.with_name(f'{path.name}.tmp')
    draft.write_text(json.dumps(results, indent=1) + '\n')
    os.replace(draft, path)


def read_json(path: Path) -> Dict[str, Any]:
    """Read raw results.

    Raises:
        ValueError: If the file is not one of ours.
    """
    try:
        results = json.loads(path.read_text())
        results['runs'], results['size']
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{path} does not hold results of '
                         f'benchmarks/accuracy.py ({error!r})') from error
    return results


def write_csv(path: Path, runs: Sequence[Dict[str, Any]]) -> None:
    """Write one line per run, for spreadsheets."""
    with open(path, 'w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow([*COLUMNS, *COST_KEYS])
        for run in runs:
            cost = run.get('cost') or {}
            values = [run.get(key) for key in COLUMNS]
            values += [cost.get(key) for key in COST_KEYS]
            writer.writerow([
                ' '.join(value) if isinstance(value, list) else
                f'{value:.6g}' if isinstance(value, float) else value
                for value in values])
