"""Plot AP against cost, and accuracy against occlusion and blur."""
from pathlib import Path
from typing import Any, Dict, List, Tuple

from .difficulty import BINS
from .methods import BASELINE, discover
from .results import Row
from .sizes import SIZES
from .tables import ordered

PANELS = ('person hidden', 'joint', 'blur')
TITLES = {
    'person hidden': 'keypoints of the person that others hide',
    'joint': 'the keypoint is',
    'blur': 'movement during the exposure (keypoint not hidden by others)',
}


def draw(results: Dict[str, Any], folder: Path, prefix: str = ''
         ) -> List[Path]:
    """Draw what the results allow.

    Args:
        results (dict): The raw results.
        folder (Path): Where the pictures go.
        prefix (str): How their names begin.

    Returns:
        list[Path]: ``<prefix>cost_<split>.png`` of all methods, and
        ``<prefix>difficulty_<split>.png`` of :func:`on_shared_backbone`.
    """
    import matplotlib
    matplotlib.use('Agg')

    written = []
    for split in SIZES[results['size']].splits:
        found = ordered(results, split)
        if any(row.cost for row in found):
            written.append(folder / f'{prefix}cost_{split}.png')
            _cost(found, written[-1])
        shown = on_shared_backbone(results, found)
        if any(row.rates() for row in shown):
            written.append(folder / f'{prefix}difficulty_{split}.png')
            _difficulty(shown, written[-1])
    return written


def on_shared_backbone(results: Dict[str, Any], rows: List[Row]
                       ) -> List[Row]:
    """Return the baseline and the video methods on its backbone."""
    methods = discover(SIZES[results['size']])

    def fits(row: Row) -> bool:
        method = methods.get(row.method)
        return row.method == BASELINE or (
            method is not None and method.group == 'video'
            and method.start in (None, BASELINE))

    return [row for row in rows if fits(row)]


def _style(rows: List[Row]) -> Dict[str, Tuple[Any, str]]:
    """Return color and marker of each method, the same in all plots."""
    import matplotlib.pyplot as plt
    colors = plt.get_cmap('tab20').colors
    names = sorted(row.method for row in rows if row.method != BASELINE)
    style = {name: (colors[i % 20], 'osD^v'[i % 5])
             for i, name in enumerate(names)}
    style[BASELINE] = ('black', '*')
    return style


def _cost(rows: List[Row], path: Path) -> None:
    """Plot AP with its deviation against multiply-adds per clip."""
    import matplotlib.pyplot as plt
    style = _style(rows)
    rows = [row for row in rows if row.cost]
    figure, axis = plt.subplots(figsize=(8., max(4.2, 0.19 * len(rows))))
    for row in rows:
        color, marker = style[row.method]
        axis.errorbar(row.cost['macs'] / 1e9, row.mean('AP'),
                      row.deviation('AP') or 0, color=color, marker=marker,
                      capsize=3, ls='none', label=row.method)
    axis.set(xscale='log', xlabel='multiply-adds per clip, billions',
             ylabel='AP')
    axis.grid(alpha=0.3)
    _label_beside(axis, [
        (row.method, row.cost['macs'] / 1e9, row.mean('AP')) for row in rows
    ])
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _label_beside(axis: Any, points: List[Tuple[str, float, float]]) -> None:
    """Write the names of points beside the axes, with lines to the points."""
    low, high = axis.get_ylim()
    heights = spread([(y - low) / (high - low) for _, _, y in points],
                     0.17 / axis.figure.get_figheight() / 0.8)
    for (name, x, y), height in zip(points, heights):
        axis.annotate(
            name, (x, y), xytext=(1.03, height), textcoords='axes fraction',
            fontsize=7, va='center', annotation_clip=False,
            arrowprops=dict(arrowstyle='-', lw=0.4, color='0.6',
                            relpos=(0, 0.5), shrinkA=0, shrinkB=4))


def spread(heights: List[float], gap: float) -> List[float]:
    """Move heights apart so that labels at them do not overlap.

    Args:
        heights (list[float]): Wanted heights, in [0, 1].
        gap (float): Least distance of two heights.

    Returns:
        list[float]: Heights in the same order from top to bottom, at least
        ``gap`` apart (less if they would not fit), each as near to its wanted
        one as those above allow, within [0, 1].
    """
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    gap = min(gap, 1 / max(1, len(order) - 1))
    moved = list(heights)
    floor = 0.
    for place, i in enumerate(order):
        # room for those above
        ceiling = 1 - gap * (len(order) - 1 - place)
        moved[i] = min(max(heights[i], floor), ceiling)
        floor = moved[i] + gap
    return moved


def _difficulty(rows: List[Row], path: Path) -> None:
    """Plot found keypoints per bin, and the gain over the baseline."""
    import matplotlib.pyplot as plt
    rows = [row for row in rows if row.rates()]
    style = _style(rows)
    base = next((row.rates() for row in rows if row.method == BASELINE), {})
    figure, axes = plt.subplots(2 if base else 1, len(PANELS), squeeze=False,
                                figsize=(13, 7 if base else 3.8))
    for column, condition in enumerate(PANELS):
        for row in rows:
            rate = row.rates()[condition]
            names = [name for name in BINS[condition] if name in rate]
            color, marker = style[row.method]
            lines = [(axes[0, column], [rate[name] for name in names])]
            if base:
                lines.append((axes[1, column], [
                    rate[name] - base[condition][name] for name in names]))
            for axis, values in lines:
                axis.plot(names, values, color=color, marker=marker,
                          label=row.method)
                axis.grid(alpha=0.3)
        axes[-1, column].set_xlabel(TITLES[condition], fontsize=9)
    axes[0, 0].set_ylabel('keypoints found, %')
    if base:
        axes[1, 0].set_ylabel('more than the baseline, points')
    axes[0, -1].legend(fontsize=7, loc='center left', bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
