r"""Render clips of moving people with exact keypoints.

For example::

    mmpose-video render data/synthetic/hard
    mmpose-video render data/synthetic/hard --videos 150 --val-videos 30 \
        --frames 16 --labeled-every 4

The dataset has the layout of PoseTrack18; the configs whose names end in
``synthetic-96x64`` and alike read it from ``data/synthetic/hard``.
"""
import argparse
import signal
import sys
import time
from typing import Any, List, Optional, Tuple

from mmpose_video.utils import INTERRUPTED, Progress, one_line_errors

from .config import DIFFICULTIES, SyntheticConfig


def _pair(text: str, sign: str) -> Tuple[int, int]:
    parts = text.lower().split(sign)
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) == 1 and sign != 'x':
        numbers *= 2
    if len(numbers) != 2:
        raise argparse.ArgumentTypeError(
            f'expected two numbers joined by "{sign}", got {text!r}')
    return numbers[0], numbers[1]


def _size(text: str) -> Tuple[int, int]:
    return _pair(text, 'x')


def _range(text: str) -> Tuple[int, int]:
    return _pair(text, '-')


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of ``mmpose-video render``."""
    default = SyntheticConfig()
    parser = argparse.ArgumentParser(
        prog='mmpose-video render',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('out_dir', metavar='DIR',
        help='folder of the dataset (the data_root of a config)')
    add('--difficulty', choices=sorted(DIFFICULTIES),
        default=default.difficulty,
        help='hard: occlusion, motion blur, low light and loss of focus '
        'that last a few frames each (default: %(default)s)')
    add('--size', type=_size, metavar='WxH',
        default=(default.width, default.height),
        help=f'frame size (default: {default.width}x{default.height})')
    add('--videos', type=int, metavar='N', default=default.train_videos,
        help='clips in the train split (default: %(default)s)')
    add('--val-videos', type=int, metavar='N', default=default.val_videos,
        help='clips in the val split (default: %(default)s)')
    add('--frames', type=int, metavar='N', default=default.frames,
        help='frames per clip (default: %(default)s)')
    add('--people', type=_range, metavar='MIN-MAX', default=default.people,
        help='annotated people per clip (default: '
        f'{"-".join(map(str, default.people))})')
    add('--fps', type=float, metavar='X', default=default.fps,
        help='frames per second of the motion; fewer means larger steps '
        'from frame to frame (default: %(default)g)')
    add('--labeled-every', type=int, default=default.labeled_every,
        metavar='N', help='label every N-th frame only (default: %(default)s)')
    add('--max-hidden', type=int, default=default.max_hidden, metavar='N',
        help='a joint hidden for more than N frames in a row gets no label '
        '(default: %(default)s)')
    add('--no-detections', action='store_true',
        help='do not write files of detected boxes')
    add('--seed', type=int, metavar='N', default=default.seed,
        help='of all that is drawn at random (default: %(default)s)')
    add('--workers', type=int, metavar='N', default=1,
        help='processes (default: %(default)s)')
    add('--overwrite', action='store_true',
        help='replace a dataset that this program made with other settings')
    add('--quiet', action='store_true', help='show no progress')
    return parser


@one_line_errors
def main(argv: Optional[List[str]] = None) -> int:
    """Run the command line of the renderer.

    Args:
        argv (List[str], optional): Arguments; ``sys.argv`` by default.

    Returns:
        int: Exit status: 0 done, 1 refused, 130 interrupted.
    """
    args = build_parser().parse_args(argv)
    from .writer import generate

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    # SIGTERM cleans up as Ctrl-C does
    previous = signal.signal(signal.SIGTERM, stop)
    begin = time.perf_counter()

    progress = Progress('clips')
    try:
        config = SyntheticConfig(
            width=args.size[0], height=args.size[1],
            train_videos=args.videos, val_videos=args.val_videos,
            frames=args.frames, people=args.people, fps=args.fps,
            difficulty=args.difficulty, labeled_every=args.labeled_every,
            max_hidden=args.max_hidden, detections=not args.no_detections,
            seed=args.seed)
        frames = generate(args.out_dir, config, args.workers, args.overwrite,
                          None if args.quiet else progress)
    except KeyboardInterrupt:
        progress.close()
        print('interrupted; the same command goes on from here',
              file=sys.stderr)
        return INTERRUPTED
    finally:
        progress.close()
        signal.signal(signal.SIGTERM, previous)
    seconds = time.perf_counter() - begin
    if frames == 0:
        print(f'{args.out_dir} is complete already, nothing to do')
        return 0
    print(f'{frames} frames in {seconds:.1f} s ({frames / seconds:.0f} per '
          f'second) in {args.out_dir}')
    return 0
