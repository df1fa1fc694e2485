"""Command line of the PoseTrack evaluation.

``python -m mmpose_video.evaluation.posetrack GT PRED [--json OUT]``
"""
import argparse
import json
import sys
from typing import List, Optional

from mmpose_video.evaluation.functional import evaluate_posetrack, format_table


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m mmpose_video.evaluation.posetrack',
        description='Per-joint average precision of multi-person poses, as '
        'the official PoseTrack evaluator computes it.')
    parser.add_argument(
        'gt', help='folder of ground truth, one json file per video')
    parser.add_argument(
        'pred', help='folder of predictions with the same file names')
    parser.add_argument(
        '--json', metavar='OUT', help='also write the result to this file')
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> int:
    """Evaluate, print the table; 1 if the input is at fault."""
    args = parse_args(argv)
    try:
        table = evaluate_posetrack(args.gt, args.pred)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(format_table(table))
    if args.json:
        # NaN is no json: a joint without a value becomes null.
        values = {k: v if v == v else None for k, v in table.items()}
        with open(args.json, 'w', encoding='utf-8') as file:
            json.dump(values, file, indent=2)
    return 0


if __name__ == '__main__':
    sys.exit(main())
