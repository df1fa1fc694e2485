"""Compute the tracking accuracy of predictions on PoseTrack.

For example::

    mmpose-video track-eval data/posetrack18/annotations/val results/posetrack

MOTA of multi-person poses, as the official evaluator computes it.
"""
import sys
from typing import Dict, List, Optional

from mmpose_video.evaluation.functional import (
    evaluate_posetrack_tracking,
    format_table,
)
from mmpose_video.evaluation.functional.posetrack_mota import TOTALS

from .eval_posetrack import run


def main(argv: Optional[List[str]] = None) -> int:
    """Evaluate, print the table, and return the exit status."""
    return run(
        argv, evaluate_posetrack_tracking, show,
        prog='mmpose-video track-eval', description=__doc__)


def show(table: Dict[str, float]) -> str:
    """Print the table of the keypoints, and the totals below."""
    return '\n'.join([format_table(table), '', *(
        f'{name:<15}{table[name]:10.2f}' for name in TOTALS)])


if __name__ == '__main__':
    sys.exit(main())
