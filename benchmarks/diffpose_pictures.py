"""Draw what ``diffpose.py`` measures."""
from pathlib import Path
from typing import Any, Callable, List, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor


def plot_grid(grid: Any, path: Path) -> None:
    """Draw accuracy against steps, a line for each number of hypotheses.

    Args:
        grid (Grid): The numbers.
        path (Path): The picture.
    """
    figure = _figure(5, 3.5)
    axis = figure.subplots()
    for j, hypotheses in enumerate(grid.hypotheses):
        axis.errorbar(
            grid.steps, grid.mean[:, j], grid.std[:, j], marker='o',
            capsize=3,
            label=f'{hypotheses} hypothes{"i" if hypotheses == 1 else "e"}s')
    if grid.baseline is not None:
        axis.axhline(grid.baseline, color='grey', ls='--',
                     label='single frame')
    axis.set(xlabel='steps', ylabel=grid.metric, xscale='log')
    axis.set_xticks(grid.steps, [str(s) for s in grid.steps], minor=False)
    axis.minorticks_off()
    axis.legend()
    figure.savefig(path, dpi=150)


def draw_steps(crops: Sequence[np.ndarray], noise: Tensor,
               times: Sequence[int], predictions: Sequence[Tensor],
               decode: Callable[[Tensor], List[Any]], path: str) -> None:
    """Draw crops with the heatmap predicted after each step.

    Args:
        crops (Sequence[np.ndarray]): The N key frames, (H, W, 3) uint8 RGB.
        noise (Tensor): Noise that the first hypothesis starts from,
            (N, K, h, w).
        times (Sequence[int]): The steps.
        predictions (Sequence[Tensor]): For each step the heatmaps of P
            hypotheses, (N, P, K, h, w).
        decode (Callable): Decodes heatmaps (1, K, h, w).
        path (str): The picture.
    """
    columns = 3 + len(times)
    figure = _figure(1.5 * columns, 2.1 * len(crops))
    axes = figure.subplots(len(crops), columns, squeeze=False)
    for n, (crop, row) in enumerate(zip(crops, axes)):
        extent = (-0.5, crop.shape[1] - 0.5, crop.shape[0] - 0.5, -0.5)
        row[0].imshow(crop)
        row[1].imshow(noise[n].amax(0), cmap='magma', extent=extent)
        for axis, time, heatmaps in zip(row[2:], times, predictions):
            axis.imshow(crop.mean(-1), cmap='gray', alpha=0.4)
            axis.imshow(heatmaps[n, 0].amax(0).cpu(), cmap='magma', alpha=0.7,
                        vmin=0, vmax=1, extent=extent)
            axis.set_title(f't = {time}', fontsize=8)
        row[-1].imshow(crop)
        for pose in predictions[-1][n]:
            points = decode(pose[None])[0].keypoints[0]
            row[-1].scatter(*points.T, s=4, alpha=0.6,
                            c=np.arange(len(points)), cmap='hsv')
        row[-1].set(xlim=extent[:2], ylim=extent[2:])
    for place, title in ((0, 'key frame'), (1, 'noise'),
                         (-1, f'{predictions[-1].shape[1]} hypotheses')):
        axes[0, place].set_title(title, fontsize=8)
    for axis in axes.flat:
        axis.set_axis_off()
    figure.savefig(path, dpi=150)


def _figure(width: float, height: float) -> Figure:
    """Return an empty figure; no pyplot, which would choose a display."""
    figure = Figure(figsize=(width, height), layout='constrained')
    FigureCanvasAgg(figure)
    return figure
