"""Command line of the PoseTrack evaluation of tracking.

``python -m mmpose_video.evaluation.posetrack_tracking GT PRED [--json OUT]``
"""
import argparse
import json
import sys
from typing import List, Optional

from mmpose_video.evaluation.functional import (
    evaluate_posetrack_tracking,
    format_table,
)
from mmpose_video.evaluation.functional.posetrack_mota import TOTALS


def main(argv: Optional[List[str]] = None) -> int:
    """Evaluate, print the table; 1 if the input is at fault."""
    parser = argparse.ArgumentParser(
        prog='python -m mmpose_video.evaluation.posetrack_tracking',
        description='Tracking accuracy (MOTA) of multi-person poses, as the '
        'official PoseTrack evaluator computes it.')
    parser.add_argument(
        'gt', help='folder of ground truth, one json file per video')
    parser.add_argument(
        'pred', help='folder of predictions with the same file names')
    parser.add_argument(
        '--json', metavar='OUT', help='also write the result to this file')
    args = parser.parse_args(argv)
    try:
        table = evaluate_posetrack_tracking(args.gt, args.pred)
    except (ImportError, OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(format_table(table))
    print('\n' + '\n'.join(f'{name:<15}{table[name]:10.2f}'
                           for name in TOTALS))
    if args.json:
        # NaN is no json: a joint without a value becomes null.
        values = {k: v if v == v else None for k, v in table.items()}
        with open(args.json, 'w', encoding='utf-8') as file:
            json.dump(values, file, indent=2)
    return 0


if __name__ == '__main__':
    sys.exit(main())
