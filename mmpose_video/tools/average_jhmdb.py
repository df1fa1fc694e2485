"""Average the PCK of Sub-JHMDB over its splits.

For example::

    mmpose-video average-jhmdb sub1.json sub2.json sub3.json
"""
import argparse
import sys
from typing import List, Optional

from mmpose_video.evaluation.functional.sub_jhmdb import (
    JHMDB_GROUPS,
    average_splits,
)
from mmpose_video.utils import one_line_errors


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video average-jhmdb',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'files', nargs='+', metavar='FILE',
        help='what SubJhmdbPCK wrote to its `out_file`, one per split')
    return parser.parse_args(argv)


@one_line_errors
def main(argv: Optional[List[str]] = None) -> int:
    """Print a line per split and their mean; return the exit status."""
    args = parse_args(argv)
    result = average_splits(args.files)
    for key in ('PCK', 'tPCK'):
        if key not in result['mean']:
            continue
        print(f"{key}@{result['thr']:g}, percent")
        heads = [*JHMDB_GROUPS, 'Mean']
        print(' ' * 8 + ''.join(f'{name:>8}' for name in heads))
        rows = dict(result['splits'], mean=result['mean'])
        for name, row in rows.items():
            values = [row[f'{group} {key}'] for group in JHMDB_GROUPS]
            print(f'{name:<8}' +
                  ''.join(f'{100 * v:8.2f}' for v in [*values, row[key]]))
    return 0


if __name__ == '__main__':
    sys.exit(main())
