"""Compute the average precision of predictions on PoseTrack.

For example::

    mmpose-video evaluate data/posetrack18/annotations/val results/posetrack

Per-joint AP of multi-person poses, as the official evaluator computes it.
"""
import argparse
import sys
from typing import Callable, Dict, List, Optional

from mmpose_video.evaluation.functional import evaluate_posetrack, format_table
from mmpose_video.formats.json_file import without_nan, write_json
from mmpose_video.utils import one_line_errors


def main(argv: Optional[List[str]] = None) -> int:
    """Evaluate, print the table, and return the exit status."""
    return run(
        argv, evaluate_posetrack, format_table,
        prog='mmpose-video evaluate', description=__doc__)


@one_line_errors
def run(argv: Optional[List[str]],
        evaluate: Callable[[str, str], Dict[str, float]],
        show: Callable[[Dict[str, float]], str], prog: str,
        description: Optional[str]) -> int:
    """Run a command that compares two folders of PoseTrack files.

    Args:
        argv (list[str], optional): Arguments. None: those of the process.
        evaluate (Callable): Takes both folders, returns numbers by name.
        show (Callable): Formats these numbers.
        prog (str): How the command is called.
        description (str, optional): What it does.

    Returns:
        int: Exit status, 1 if the input is at fault.
    """
    parser = argparse.ArgumentParser(
        prog=prog, description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'gt', metavar='GT', help="folder of ground truth in PoseTrack's "
        'layout, one json file per video')
    parser.add_argument(
        'pred', metavar='PRED', help='folder of predictions in the same '
        'layout, with the same file names')
    parser.add_argument(
        '--json', metavar='FILE', help='also write the result to this file')
    args = parser.parse_args(argv)
    table = evaluate(args.gt, args.pred)
    print(show(table))
    if args.json:
        write_json(without_nan(table), args.json, indent=2)
    return 0


if __name__ == '__main__':
    sys.exit(main())
