"""Convert results between file formats.

For example::

    mmpose-video convert-results results/predictions/clip.json clip.csv
    mmpose-video convert-results clip.csv clip.trc --meters-per-pixel 0.004
    mmpose-video convert-results clip.json labels --to yolo

Formats are recognized by the suffix, and for existing files by the content.
"""
import argparse
import os.path as osp
import sys
from typing import Optional, Sequence, Tuple

from mmpose_video.formats.results import (
    RESULT_FORMATS,
    read_results,
    write_results,
)
from mmpose_video.utils import one_line_errors


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    formats = '\n'.join(f'  {name:12}{kind.suffix or "folder":8}{kind.title}'
                        for name, kind in RESULT_FORMATS.items())
    parser = argparse.ArgumentParser(
        prog='mmpose-video convert-results',
        description=f'{__doc__}\nformats:\n{formats}',
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('source', metavar='IN', help='file or folder of results')
    add('target', metavar='OUT', help='file or folder to write')
    add('--from', dest='source_format', choices=RESULT_FORMATS,
        metavar='FORMAT', help='format of IN')
    add('--to', dest='target_format', choices=RESULT_FORMATS,
        metavar='FORMAT', help='format of OUT')
    add('--fps', type=float,
        help='frames per second, where IN does not contain them')
    add('--image-size', type=_size, metavar='WxH',
        help='size of the frames, where IN does not contain it (YOLO)')
    add('--meters-per-pixel', type=float, metavar='S',
        help='scale of the image, for TRC in meters')
    return parser.parse_args(argv)


def _size(text: str) -> Tuple[int, int]:
    """Return width and height of ``1280x720``."""
    width, sign, height = text.partition('x')
    if not (sign and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f'expected WxH, got {text!r}')
    return int(width), int(height)


@one_line_errors
def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command and return the exit status, 0 for success.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    args = parse_args(argv)
    options = dict(
        fps=args.fps,
        size=args.image_size,
        meters_per_pixel=args.meters_per_pixel)
    if osp.exists(args.source) and osp.exists(args.target) and (
            osp.samefile(args.source, args.target)):
        raise FileExistsError('the output is the input')
    results = read_results(args.source, args.source_format, **options)
    write_results(results, args.target, args.target_format, **options)
    people = sum(len(frame.people) for frame in results.frames)
    print(f'{args.target}: {len(results.frames)} frames, {people} people, '
          f'{len(results.tracks())} tracks')
    return 0


if __name__ == '__main__':
    sys.exit(main())
