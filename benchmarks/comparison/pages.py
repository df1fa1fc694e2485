"""Make the generated parts of docs/benchmark.md and its summary."""
import shlex
from pathlib import Path
from typing import Any, Dict, List, Sequence

from .difficulty import BINS
from .errors import RunError
from .methods import BASELINE, WHOLE_FRAME, discover, group_of, is_start
from .plan import duration
from .protocols import protocol_table
from .results import read_json
from .sizes import SIZES
from .tables import (
    ablation_table,
    difficulty_table,
    front_table,
    main_table,
    ordered,
    whole_frame_table,
)

BEGIN = '<!-- benchmark:begin -->'
END = '<!-- benchmark:end -->'
NOTE = ('<!-- python benchmarks/report.py writes what stands between these '
        'marks -->')
CONDITIONS = {
    'joint': 'Where the keypoint is',
    'person hidden': "Share of the person's keypoints that others hide",
    'blur': 'Movement of the keypoint during the exposure, keypoints that '
            'others do not hide',
    'frame': 'State of the key frame',
}


def replace(text: str, content: str, name: str) -> str:
    """Put content between the marks of a page.

    Args:
        text (str): The page.
        content (str): What stands between the marks from now on.
        name (str): Name of the page, for the error.

    Raises:
        RunError: If the page does not have both marks once, in order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or (
            text.index(BEGIN) > text.index(END)):
        raise RunError(f'{name} needs the line {BEGIN} and, below it, the '
                       f'line {END}, once each')
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return f'{head}{BEGIN}\n{NOTE}\n\n{content}\n\n{END}{tail}'


def published(folder: Path) -> List[Dict[str, Any]]:
    """Read the results that are published in a folder, small ones first."""
    paths = [folder / f'benchmark_{name}.json' for name in SIZES]
    return [read_json(path) for path in paths if path.is_file()]


def front(everything: Sequence[Dict[str, Any]]) -> str:
    """Return the summary: the hardest split of the smallest size."""
    if not everything:
        return 'No results are published yet.'
    results = everything[0]
    split = SIZES[results['size']].splits[-1]
    shown = ordered(results, split)
    seeds = sorted({len(row.runs) for row in shown})
    span = (f'{seeds[0]} to {seeds[-1]}' if len(seeds) > 1 else
            _numbers(seeds))
    many = ('one seed' if seeds == [1] else
            f'mean ± standard deviation over {span} seeds')
    return '\n'.join([
        f'AP (of PoseTrack, in percent; {many}), {split} split, '
        'ground-truth boxes. What a video method gains is over the '
        'single-frame model on its own backbone:', '',
        front_table(results, split, up='../'), '',
        'All tables, by difficulty and with the ablations: '
        '[benchmark.md](benchmark.md); raw numbers: '
        f'[json](results/benchmark_{results["size"]}.json), '
        f'[csv](results/benchmark_{results["size"]}.csv).'])


def page(everything: Sequence[Dict[str, Any]], images: Path) -> str:
    """Return all tables of all sizes.

    Args:
        everything (list[dict]): The published results.
        images (Path): Folder of the plots; those that are there are shown.
    """
    parts: List[str] = []
    for results in everything:
        parts += _size(results, images)
    return '\n\n'.join(parts) or 'No results are published yet.'


def _size(results: Dict[str, Any], images: Path) -> List[str]:
    """Return the tables of one size."""
    size = SIZES[results['size']]
    parts = [f'## Size {size.name}: {size.about}', _made(results)]
    for split in reversed(size.splits):
        text = main_table(results, split)
        if not text:
            continue
        parts += [f'### The {split} split', _unequal(results, split), text]
        parts += _image(images, f'benchmark_{size.name}_cost_{split}.png',
                        'AP against multiply-adds')
        tables = [(title, difficulty_table(results, split, condition))
                  for condition, title in CONDITIONS.items()
                  if condition in BINS]
        if any(text for _, text in tables):
            parts += [f'### Where time helps, {split} split',
                      'Percent of keypoints within half a head size of their '
                      'place, over all seeds; n keypoints per seed; in '
                      'parentheses the points above the baseline, for video '
                      'methods the single-frame model on their backbone.']
        for title, text in tables:
            if text:
                parts += [f'{title}:', text]
        parts += _image(images,
                        f'benchmark_{size.name}_difficulty_{split}.png',
                        'Keypoints found against occlusion and blur')
        text = whole_frame_table(results, split)
        if text:
            parts += [
                f'### Whole frames, {split} split',
                'Bottom-up and one-stage models get the frame alone, and no '
                'boxes. Same clips and metric, over the labeled frames; '
                'people whom they do not find count as missed, and people '
                'whom they invent as wrong, which no row above has to fear, '
                'so these rows and those above are not a comparison of '
                'methods. Input, batches and schedule are those of their '
                'configs.', text]
    text = protocol_table(results, size.splits[-1])
    if text:
        parts += [
            f'### Frozen and trained backbones, {size.splits[-1]} split',
            'All from the same start and for the same number of steps, twice: '
            'with the backbone of the start kept (the single-frame model '
            'trains its head alone), and with all weights trained. The '
            'changes are against the single-frame model of the same seed '
            'under the same protocol.',
            text]
    text = ablation_table(results)
    if text:
        parts += [
            f'### Ablations, size {size.name}',
            'Each variant against the full model of the same seed, from the '
            'same start: the mean change of AP, and its range over seeds. '
            'The sign is 0 where seeds disagree, or, with one seed, below a '
            'point. What is expected was found by others on other '
            'data and at another size; ? where no source says. Steps and '
            'hypotheses of the diffusion: `benchmarks/diffpose.py grid`.',
            text]
    return [part for part in parts if part]


def _unequal(results: Dict[str, Any], split: str) -> str:
    """Return a note if the rows of a table trained for different times."""
    epochs = {row.method: row.runs[0]['epochs']
              for row in ordered(results, split)}
    usual = epochs.get(BASELINE)
    others = [f'{name} ({number})' for name, number in epochs.items()
              if number != usual]
    if usual is None or not others:
        return ''
    return (f'Not the {usual} epochs of the others: {", ".join(others)}.')


def _made(results: Dict[str, Any]) -> str:
    """Return the lines about how the numbers came to be."""
    runs = results['runs']
    table = discover(SIZES[results['size']])
    starts = sorted({run['epochs'] for run in runs
                     if is_start(run['method'])})
    epochs = sorted({run['epochs'] for run in runs
                     if run['method'] in table
                     and group_of(run['config']) != WHOLE_FRAME})
    costs = [run['cost'] for run in runs if run.get('cost')]
    versions = {(key, value) for run in runs
                for key, value in (run.get('versions') or {}).items()}

    def words(values: Any) -> str:
        return ', '.join(sorted({str(v) for v in values if v})) or 'not noted'

    lines = []
    if results.get('data'):
        lines += ['Data: `' + shlex.join(shlex.split(results['data'])) + '`.']
    if starts:
        lines += [f'Starts: single-frame models, {_numbers(starts)} epochs '
                  'from random weights, of the same seed; then '
                  f'{_numbers(epochs)} epochs each, video methods with the '
                  'backbone frozen.']
    minutes = sum(run.get('minutes') or 0 for run in runs)
    lines += [
        f'{len(runs)} trainings, {duration(minutes)} in sum, several at a '
        f'time on a machine that did other work too; commits '
        f'{words(run.get("commit") for run in runs)}; '
        + (', '.join(f'{k} {v}' for k, v in sorted(versions)) or
           'versions not noted') + '.']
    if costs:
        threads = words(cost.get('threads') for cost in costs)
        lines += [
            'Size and speed, each model alone in a process: '
            f'{words(cost["machine"] for cost in costs)}, threads: {threads}; '
            f'batches of {words(cost["batch_size"] for cost in costs)} clips; '
            'training steps without reading the data; inference is backbone, '
            'neck and head in one pass; the memory is the peak of the '
            'training steps.']
    lines += [f'Raw numbers: [json](results/benchmark_{results["size"]}.json)'
              f', [csv](results/benchmark_{results["size"]}.csv); the loss of '
              'each epoch is in the json.']
    return '\n'.join(lines)


def _numbers(values: Sequence[Any]) -> str:
    return ' or '.join(map(str, values))


def _image(folder: Path, name: str, title: str) -> List[str]:
    return ([f'![{title}](images/{name})']
            if (folder / name).is_file() else [])
