r"""Sort the errors of predictions on PoseTrack by kind.

For example::

    mmpose-video analyze data/posetrack18/annotations/val results/posetrack \
        --out-dir errors

The kinds are jitter, inversion, swap and miss (Ronchi and Perona, ICCV 2017).
"""
import argparse
import os.path as osp
import sys
from typing import Any, Dict, List, Optional

import numpy as np

from mmpose_video.evaluation.functional.error_classes import (
    ERROR_CLASSES,
    format_shares,
)
from mmpose_video.evaluation.functional.posetrack_ap import read_folders
from mmpose_video.evaluation.functional.posetrack_errors import (
    analyze_errors,
)
from mmpose_video.formats.json_file import without_nan, write_json
from mmpose_video.formats.keypoints import POSETRACK_GROUPS
from mmpose_video.utils import one_line_errors

# Distinguishable without color vision as well (Okabe and Ito's palette).
COLORS = dict(
    good='#009e73', jitter='#f0e442', inversion='#e69f00', swap='#cc79a7',
    miss='#d55e00', lost='#999999')


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video analyze',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'gt', metavar='GT', help="folder of ground truth in PoseTrack's "
        'layout, one json file per video')
    parser.add_argument(
        'pred', metavar='PRED', help='folder of predictions in the same '
        'layout, with the same file names')
    parser.add_argument(
        '--out-dir', required=True, metavar='DIR',
        help='folder for errors.json and errors.png')
    return parser.parse_args(argv)


def by_group(result: Dict[str, Any]) -> Dict[str, Dict[str, int]]:
    """Return the counts of the classes by group of keypoints.

    Args:
        result (dict): What :func:`analyze_errors` returns.

    Returns:
        dict: From group to counts by class.
    """
    return {
        group: {
            kind: sum(result['joints'][name][kind] for name in members)
            for kind in ERROR_CLASSES
        }
        for group, members in POSETRACK_GROUPS.items()
    }


def format_errors(result: Dict[str, Any]) -> str:
    """Format the result as lines of text.

    Args:
        result (dict): What :func:`analyze_errors` returns.

    Returns:
        str: Shares by group of keypoints, then what mending each class would
        gain.
    """
    lines = [format_shares(result)]
    lines += ['', f"AP {result['ap']:.2f}; it would be"]
    lines += [
        f'{value:8.2f} (+{value - result["ap"]:.2f}) without {kind} '
        + ('predictions' if kind == 'unassigned' else 'errors')
        for kind, value in result['ap_if_mended'].items()
    ]
    return '\n'.join(lines)


def plot_errors(result: Dict[str, Any], path: str) -> None:
    """Draw the shares by group and the gains.

    Args:
        result (dict): What :func:`analyze_errors` returns.
        path (str): Picture to write.
    """
    # No pyplot: it would choose a display and keep global state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    figure = Figure(figsize=(11, 4.2), layout='constrained')
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=[2, 1])
    groups = dict(by_group(result), All=result['total'])
    counts = np.array([[row[kind] for kind in ERROR_CLASSES]
                       for row in groups.values()], dtype=float)
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    base = np.zeros(len(groups))
    for kind, column in zip(ERROR_CLASSES, share.T):
        left.bar(list(groups), column, bottom=base, label=kind,
                 color=COLORS[kind])
        base += column
    left.set_ylabel("percent of the found people's joints")
    left.set_ylim(0, 100)
    left.legend(loc='upper center', bbox_to_anchor=(0.5, -0.08), frameon=False,
                ncols=len(ERROR_CLASSES))
    left.set_title('Errors by group')
    gains = {kind: value - result['ap']
             for kind, value in result['ap_if_mended'].items()}
    bars = right.barh(
        list(gains), list(gains.values()),
        color=[COLORS.get(kind, '#56b4e9') for kind in gains])
    right.bar_label(bars, fmt='%+.2f', padding=3)
    right.margins(x=0.25)
    right.invert_yaxis()
    right.set_xlabel('points of AP')
    right.set_title(f"Gain if mended (AP is {result['ap']:.2f})")
    figure.savefig(path, dpi=120)


@one_line_errors
def main(argv: Optional[List[str]] = None) -> int:
    """Analyze, print, write table and picture; return the exit status."""
    args = parse_args(argv)
    result = analyze_errors(*read_folders(args.gt, args.pred))
    write_json(without_nan(result), osp.join(args.out_dir, 'errors.json'))
    plot_errors(result, osp.join(args.out_dir, 'errors.png'))
    print(format_errors(result))
    print(f'\nwrote errors.json and errors.png to {args.out_dir}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
