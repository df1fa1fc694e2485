"""Compare the methods with frozen and with trained backbones."""
from typing import Any, Dict, List

from .ablations import FROZEN, TRAINED
from .methods import BASELINE, discover
from .results import Row, changes, rows
from .sizes import SIZES
from .tables import link, on_still, signed, spread, table


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
    methods = [method for method in discover(SIZES[results['size']]).values()
               if method.group == 'video']
    lines: List[List[str]] = []
    for method in methods:
        frozen = found.get((method.name, None))
        trained = found.get((method.name, TRAINED))
        if frozen is None or trained is None or not changes(trained, frozen):
            continue
        base = method.start or BASELINE
        frozen = frozen.at_seeds_of(trained)
        lines.append([
            link(trained, up), _seeds(trained),
            spread(frozen), signed(frozen, found.get((base, FROZEN))),
            spread(trained), signed(trained, found.get((base, None))),
            on_still(frozen), on_still(trained)])
    lines.sort(key=lambda cells: -float(cells[4].split()[0]))
    singles = [_single(found, name, up) for name in dict.fromkeys(
        method.start or BASELINE for method in methods)]
    return table([
        'method', 'seeds', 'AP, frozen', 'to the head alone', 'AP, trained',
        'to the whole model', 'on still clips, frozen',
        'on still clips, trained'
    ], [line for line in singles if line] + lines) if lines else ''


def _single(found: Dict[Any, Row], name: str, up: str) -> List[str]:
    """Return the line of a single-frame model, empty where it lacks one."""
    frozen, trained = found.get((name, FROZEN)), found.get((name, None))
    if frozen is None or trained is None or not changes(frozen, trained):
        return []
    trained = trained.at_seeds_of(frozen)
    return [link(trained, up), _seeds(trained), spread(frozen), '',
            spread(trained), '', '-', '-']


def _seeds(row: Row) -> str:
    """Return the seeds of a row."""
    return ' '.join(str(run['seed']) for run in row.runs)
