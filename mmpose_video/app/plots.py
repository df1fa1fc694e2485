"""Draw the curves of the page.

Figures are drawn here and not by gradio's own plots, which keep the colors of
the first series that they show (gradio 6.31).
"""
from typing import Any, Dict, Sequence

import numpy as np
from matplotlib.figure import Figure

from mmpose_video.formats.results import PoseResults

from .comparison import Comparison
from .curves import joint_curves

_SIZE = (10, 3)  # inches


def plot_joints(results: PoseResults, track: int, joints: Sequence[str],
                quantity: str) -> Figure:
    """Draw the curves of joints, see :func:`joint_curves`.

    Args:
        results (PoseResults): The results.
        track (int): Id of the person.
        joints (Sequence[str]): Names of the joints.
        quantity (str): ``'x'``, ``'y'``, ``'speed'`` or ``'score'``.

    Raises:
        ValueError: If there is no such quantity.
    """
    timed = None not in results.times()
    times, curves = joint_curves(results, track, joints, quantity)
    units = dict(speed=f'pixels per {"second" if timed else "frame"}',
                 score='score')
    figure, axes = _axes('time (s)' if timed else 'frame',
                         units.get(quantity, 'pixels'))
    _draw(axes, times, curves)
    if quantity == 'y':  # as in the picture
        axes.invert_yaxis()
    if curves:
        axes.legend(loc='center left', bbox_to_anchor=(1, 0.5),
                    frameon=False)
    return figure


def plot_difference(comparison: Comparison, worst: Sequence[int]) -> Figure:
    """Draw the difference of two results, and mark the worst frames.

    Args:
        comparison (Comparison): The results.
        worst (Sequence[int]): Numbers of the frames to mark.
    """
    figure, axes = _axes('frame', "difference (% of a person's size)")
    values = 100 * comparison.difference
    _draw(axes, comparison.frames, dict(difference=values))
    places = [comparison.at(frame) for frame in worst]
    axes.plot(comparison.frames[places], values[places], 'v', color='tab:red')
    axes.set_ylim(bottom=0)
    return figure


def _axes(x_title: str, y_title: str) -> Any:
    """Return a figure and its axes."""
    figure = Figure(figsize=_SIZE, layout='constrained')
    axes = figure.add_subplot()
    axes.set_xlabel(x_title)
    axes.set_ylabel(y_title)
    axes.grid(color='0.9')
    axes.spines[['top', 'right']].set_visible(False)
    return figure, axes


def _draw(axes: Any, times: np.ndarray, curves: Dict[str, np.ndarray]) -> None:
    """Draw curves; the marks of short ones show single frames."""
    mark = '.-' if len(times) < 100 else '-'
    for name, values in curves.items():
        axes.plot(times, values, mark, label=name, linewidth=1.2)
