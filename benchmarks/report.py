r"""Write the benchmark's tables into the pages of docs.

::

    python benchmarks/report.py work_dirs/accuracy/results.json  # publish
    python benchmarks/report.py                # the pages from what is there
    python benchmarks/report.py --check        # fails if they are not current

To publish copies the results of ``benchmarks/accuracy.py`` to
``docs/results/benchmark_<size>.json`` and ``.csv``, the logs of the trainings,
which lie beside them, to ``docs/results/logs``, and draws the plots in
``docs/images``. Runs that were published before and are not among the new ones
stay, so results may come from several work directories. What stands between
the marks of the two pages is then made from these files alone.
"""
import argparse
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from comparison.errors import RunError
from comparison.logs import write_log
from comparison.pages import front, page, published, replace
from comparison.plots import draw
from comparison.results import read_json, write_csv, write_json
from comparison.sizes import ROOT


def publish(path: Path, root: Path) -> None:
    """Copy results and logs into the repository and draw their plots."""
    results = read_json(path)
    runs = results['runs']
    name = f'benchmark_{results["size"]}'
    folder = root / 'docs' / 'results'
    for run in runs:
        log = f'logs/{results["size"]}/{run["name"]}.jsonl'
        if write_log(path.parent / run['name'], folder / log):
            run['log'] = log
    before = folder / f'{name}.json'
    if before.is_file():
        results = merged(read_json(before), results)
    write_json(before, results)
    write_csv(folder / f'{name}.csv', results['runs'])
    for image in draw(results, root / 'docs' / 'images', f'{name}_'):
        print(f'drew {image}')


def merged(before: Dict[str, Any], results: Dict[str, Any]
           ) -> Dict[str, Any]:
    """Add runs to those that were published before.

    Args:
        before (dict): The published results.
        results (dict): New ones; a run replaces one of the same name, but
            keeps its size and speed where those were not measured again.

    Raises:
        RunError: If they are of other data.
    """
    if before['data'] != results['data']:
        raise RunError(f'these results are of {results["data"]}, the '
                       f'published ones of {before["data"]}')
    runs = {run['name']: run for run in before['runs']}
    for run in results['runs']:
        old = runs.get(run['name'], {})
        if not run.get('cost') and old.get('config') == run['config']:
            run = dict(run, cost=old.get('cost'))
        runs[run['name']] = run
    return dict(results, runs=[runs[name] for name in sorted(runs)])


def write_pages(root: Path, check: bool = False) -> List[str]:
    """Write the generated parts.

    Args:
        root (Path): The repository.
        check (bool): Only compare.

    Returns:
        list[str]: Names of the pages that were not current.
    """
    everything = published(root / 'docs' / 'results')
    contents = {
        'docs/benchmark_summary.md': front(everything),
        'docs/benchmark.md': page(everything, root / 'docs' / 'images'),
    }
    old = []
    for name, content in contents.items():
        path = root / name
        text = path.read_text(encoding='utf-8')
        new = replace(text, content, name)
        if new != text:
            old.append(name)
            if not check:
                path.write_text(new, encoding='utf-8')
    return old


def main(argv: Optional[List[str]] = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('results', nargs='*', type=Path,
                        help='files of results to publish')
    parser.add_argument('--check', action='store_true')
    args = parser.parse_args(argv)
    try:
        for path in args.results:
            publish(path, ROOT)
        old = write_pages(ROOT, args.check)
    except (RunError, ValueError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    for name in old:
        print(f'{name} {"is not current" if args.check else "written"}')
    return 1 if args.check and old else 0


if __name__ == '__main__':
    sys.exit(main())
