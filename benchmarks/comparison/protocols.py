"""Compare the methods with frozen and with trained backbones."""
from dataclasses import replace
from typing import Any, Dict, List

from .ablations import FROZEN, TRAINED
from .methods import BASELINE, discover
from .results import Row, rows
from .sizes import SIZES
from .tables import link, signed, spread, table


def protocol_table(results: Dict[str, Any], split: str,
                   up: str = '../') -> str:
    """Tabulate each video method under both protocols.

    With a frozen backbone a method is compared with the single-frame model
    whose head alone is trained on, with a trained one with the model that
    trains on as a whole; all take the same number of steps.

    Args:
        results (dict): The raw results.
        split (str): Split of the data.
        up (str): From the page to the repository, for the links.

    Returns:
        str: The table, or '' where no method has both.
    """
    found = {(row.method, row.variant): row for row in rows(results)
             if row.split == split}
    lines: List[List[str]] = []
    for method in discover(SIZES[results['size']]).values():
        frozen = found.get((method.name, None))
        trained = found.get((method.name, TRAINED))
        if method.group != 'video' or frozen is None or trained is None:
            continue
        base = method.start or BASELINE
        frozen = _of_seeds(frozen, trained)
        head_only = found.get((base, FROZEN))
        lines.append([
            link(trained, up),
            ' '.join(str(run['seed']) for run in trained.runs),
            spread(frozen), signed(frozen, head_only),
            spread(trained), signed(trained, found.get((base, None))),
            _still(frozen), _still(trained)])
    lines.sort(key=lambda cells: -float(cells[4].split()[0]))
    singles = [_single(found, name, up) for name in dict.fromkeys(
        method.start or BASELINE
        for method in discover(SIZES[results['size']]).values()
        if method.group == 'video')]
    return table([
        'method', 'seeds', 'AP, frozen', 'to the head alone', 'AP, trained',
        'to the whole model', 'on still clips, frozen',
        'on still clips, trained'
    ], [line for line in singles if line] + lines) if lines else ''


def _single(found: Dict[Any, Row], name: str, up: str) -> List[str]:
    """Return the line of a single-frame model, empty where it lacks one."""
    frozen, trained = found.get((name, FROZEN)), found.get((name, None))
    if frozen is None or trained is None:
        return []
    trained = _of_seeds(trained, frozen)
    return [link(trained, up),
            ' '.join(str(run['seed']) for run in trained.runs),
            spread(frozen), '', spread(trained), '', '-', '-']


def _of_seeds(row: Row, other: Row) -> Row:
    """Return a row without the seeds that another lacks."""
    seeds = [run['seed'] for run in other.runs]
    return replace(row, runs=tuple(
        run for run in row.runs if run['seed'] in seeds) or row.runs)


def _still(row: Row) -> str:
    """Format the AP on still clips."""
    return f'{row.mean("still_AP"):.1f}' if row.values('still_AP') else '-'
