"""Make the tables of a comparison in Markdown."""
from typing import Any, Dict, List, Optional, Sequence

from .ablations import ABLATIONS
from .difficulty import BINS
from .logs import JOINT_GROUPS
from .methods import BASELINE, GROUPS, WHOLE_FRAME, discover, group_of
from .results import Row, changes, rows
from .sizes import SIZES


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table."""
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in (
        head, ['---'] * len(head), *lines))


def spread(row: Row, key: str = 'AP') -> str:
    """Format mean and standard deviation, ``48.0 ± 0.4``."""
    deviation = row.deviation(key)
    return f'{row.mean(key):.1f}' + (
        '' if deviation is None else f' ± {deviation:.1f}')


def on_still(row: Row) -> str:
    """Format the mean AP on still clips, a dash where there is none."""
    return f'{row.mean("still_AP"):.1f}' if row.values('still_AP') else '-'


def ordered(results: Dict[str, Any], split: str) -> List[Row]:
    """Return the methods on a split: single-image, then video, by AP.

    Models for whole frames, which get no boxes, are left out.
    """
    methods = discover(SIZES[results['size']])

    def group(row: Row) -> int:
        method = methods.get(row.method)
        return GROUPS.index(method.group) if method else len(GROUPS)

    chosen = [row for row in rows(results)
              if row.variant is None and row.split == split
              and group_of(row.config) != WHOLE_FRAME]
    return sorted(chosen, key=lambda row: (
        row.method != BASELINE, -group(row), -row.mean('AP')))


def link(row: Row, up: str) -> str:
    """Return the method's name, linked to its config."""
    return f'[{row.method}]({up}{row.config})'


def seeds(row: Row, up: str) -> str:
    """Return the seeds, each linked to the log of its training."""
    return ' '.join(
        f'[{run["seed"]}]({up}results/{run["log"]})' if run.get('log')
        else str(run['seed']) for run in row.runs)


def front_table(results: Dict[str, Any], split: str, up: str = '') -> str:
    """Make the short table: AP, its gain over the baseline, and cost.

    Args:
        results (dict): The raw results.
        split (str): Split of the data.
        up (str): From the page to the repository, for the links.
    """
    found = ordered(results, split)
    bases = baselines(results, found)
    lines = []
    for row in found:
        lines.append([
            link(row, up), seeds(row, f'{up}docs/'), f'**{spread(row)}**',
            '' if row.method == BASELINE else signed(row, bases[row.method]),
            f'{row.mean("still_AP"):.1f}' if row.values('still_AP') else '',
            *(f'{row.mean(group):.1f}' for group in JOINT_GROUPS),
            *_number(row, 'params', 1e6, ' M'), *_number(row, 'macs', 1e9)])
    return table(['method', 'seeds', 'AP', 'to the baseline', 'on still clips',
                  *JOINT_GROUPS,
                  'parameters', 'GMAC per clip'], lines) if lines else ''


def main_table(results: Dict[str, Any], split: str, up: str = '../') -> str:
    """Make the whole table of a split, or '' if nothing was run on it."""
    lines = []
    for row in ordered(results, split):
        lines.append([
            link(row, up), seeds(row, ''), spread(row), on_still(row),
            *(f'{row.mean(group):.1f}' for group in JOINT_GROUPS),
            *_number(row, 'frames', 1, digits=0),
            *_number(row, 'params', 1e6), *_number(row, 'trainable', 1e6),
            *_number(row, 'macs', 1e9),
            *_speed(row)])
    return table([
        'method', 'seeds', 'AP', 'on still clips', *JOINT_GROUPS, 'T',
        'parameters, M', 'trained, M', 'GMAC per clip', 'training samples/s',
        'clips/s', 'peak memory, MB', 'minutes'
    ], lines) if lines else ''


def whole_frame_table(results: Dict[str, Any], split: str, up: str = '../'
                      ) -> str:
    """Tabulate the models that find people themselves, by AP.

    Sizes are per frame, with all people in it. '' if there are none.
    """
    found = [row for row in rows(results)
             if row.split == split and group_of(row.config) == WHOLE_FRAME]
    lines = []
    for row in sorted(found, key=lambda row: -row.mean('AP')):
        lines.append([
            link(row, up), seeds(row, ''),
            'single-frame start' if row.runs[0].get('start') else
            'random weights', str(row.runs[0]['epochs']), spread(row),
            *(f'{row.mean(group):.1f}' for group in JOINT_GROUPS),
            *_number(row, 'params', 1e6), *_number(row, 'macs', 1e9),
            *_speed(row)])
    return table([
        'method', 'seeds', 'starts from', 'epochs', 'AP', *JOINT_GROUPS,
        'parameters, M', 'GMAC per frame', 'training frames/s', 'frames/s',
        'peak memory, MB', 'minutes'
    ], lines) if lines else ''


def difficulty_table(results: Dict[str, Any], split: str, condition: str,
                     up: str = '../') -> str:
    """Tabulate the keypoints found per bin of a condition, and the gain.

    The gain in parentheses is over the method's baseline in the same bin.
    """
    found = [row for row in ordered(results, split) if row.rates()]
    bases = baselines(results, found)
    bins = [name for name in BINS[condition]
            if any(name in row.rates()[condition] for row in found)]
    if not found or not bins:
        return ''
    counts = found[0].runs[0]['difficulty'][condition]
    head = [f'{name} (n = {counts[name][1]})' for name in bins]
    lines = []
    for row in found:
        rate, own = row.rates()[condition], bases[row.method]
        base = own.rates()[condition] if own else {}
        cells = []
        for name in bins:
            gain = ('' if row is own or name not in base else
                    f' ({rate[name] - base[name]:+.1f})')
            cells.append(f'{rate[name]:.1f}{gain}')
        lines.append([link(row, up), *cells])
    return table(['method', *head], lines)


def ablation_table(results: Dict[str, Any], up: str = '../') -> str:
    """Compare each variant with its full model of the same seed."""
    found = rows(results)
    full = {(row.method, row.split): row for row in found
            if row.variant is None}
    lines = []
    for key, entry in ABLATIONS.items():
        for row in found:
            if f'{row.method}.{row.variant}' != key:
                continue
            base = full.get((row.method, row.split))
            if base is None or not changes(row, base):
                continue
            base = base.at_seeds_of(row)
            lines.append([
                f'[{row.method}]({up}{row.config})', entry.about,
                '`' + ' '.join(_own(row, base)) + '`',
                seeds(row, ''), spread(base), spread(row), signed(row, base),
                verdict(row, base), entry.expected or '?',
                entry.source or '', *_number(row, 'macs', 1e9)])
    return table([
        'method', 'variant', 'options', 'seeds', 'AP, full', 'AP, variant',
        'change', 'measured', 'expected', 'by', 'GMAC per clip'
    ], lines) if lines else ''


def verdict(row: Row, full: Row) -> str:
    """Return the sign of a change, ``0`` where seeds disagree.

    With one seed, a point of AP is the bound below which it is 0: the
    methods' standard deviation over seeds is about that (0.4 to 1.6).
    """
    values = changes(row, full)
    if len(values) == 1 and abs(values[0]) < 1:
        return '0'
    if all(value > 0 for value in values):
        return '+'
    return '-' if all(value < 0 for value in values) else '0'


def signed(row: Row, full: Optional[Row]) -> str:
    """Format the mean change against another row, and its range."""
    values = changes(row, full) if full else []
    if not values:
        return ''
    text = f'{sum(values) / len(values):+.1f}'
    if len(values) > 1:
        text += f' ({min(values):+.1f} to {max(values):+.1f})'
    return text


def baselines(results: Dict[str, Any], found: Sequence[Row]
              ) -> Dict[str, Optional[Row]]:
    """Return what each method is compared with, by its name.

    For a video method that is the single-frame model on its own backbone,
    for the others the baseline; None if that was not run.
    """
    methods = discover(SIZES[results['size']])
    by_name = {row.method: row for row in found}
    full = by_name.get(BASELINE)

    def base(row: Row) -> Optional[Row]:
        method = methods.get(row.method)
        if method is None or method.group != 'video':
            return full
        return by_name.get(method.start or BASELINE)

    return {row.method: base(row) for row in found}


def _own(row: Row, full: Row) -> List[str]:
    """Return options the full model lacks; those of loaders only once."""
    shared = set(full.runs[0].get('options') or ())
    return [option for option in row.runs[0].get('options') or ()
            if option not in shared
            and not option.startswith(('val_', 'test_'))]


def _number(row: Row, key: str, unit: float, name: str = '',
            digits: int = 2) -> List[str]:
    """Return a cell with a measured number, or a dash."""
    value = row.cost.get(key)
    return ['-' if value is None else f'{value / unit:.{digits}f}{name}']


def _speed(row: Row) -> List[str]:
    """Return the cells of training and inference speed, memory and time."""
    return [*_number(row, 'samples_per_second', 1, digits=0),
            *_number(row, 'clips_per_second', 1, digits=0),
            *_number(row, 'memory_mb', 1, digits=0),
            f'{row.mean("minutes"):.0f}' if row.values('minutes') else '-']
