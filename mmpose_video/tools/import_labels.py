"""Turn labels of other tools into a dataset to train on.

For example::

    mmpose-video import-labels annotations.json data/mouse --images frames
    mmpose-video import-labels mouse-project data/mouse         # DeepLabCut
    mmpose-video import-labels labels.slp data/mouse --videos videos
    mmpose-video import-labels yolo/data.yaml data/mouse

Formats are told from the suffix and the content: COCO json (CVAT, Label
Studio), a project or a CollectedData csv of DeepLabCut, SLEAP (.slp, needs
the extra `formats`), YOLO-pose (data.yaml).

DST gets images/VIDEO/000012.jpg, annotations/{train,val}.json and
skeleton.json, which names the keypoints for a config; see
docs/own_keypoints.md.
"""
import argparse
import os.path as osp
import sys
from typing import Optional, Sequence


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    parser = argparse.ArgumentParser(
        prog='mmpose-video import-labels',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('labels', nargs='+', metavar='LABELS',
        help='files or projects of labels')
    add('dst', metavar='DST', help="folder of the dataset, a config's "
        'data_root')
    add('--from', dest='format', metavar='FORMAT',
        choices=('coco', 'deeplabcut', 'sleap', 'yolo'),
        help='coco, deeplabcut, sleap or yolo, where it cannot be told')
    add('--images', metavar='DIR', help='folder to which the names of images '
        'are relative (default: that of the labels)')
    add('--basenames', action='store_true', help='look for images by the last '
        'part of their names, anywhere below --images')
    add('--videos', metavar='PATH', help='a video file, or a folder of them, '
        'whose frames are extracted')
    add('--around', type=int, metavar='N', help='extract only the frames up '
        'to N before and after labeled ones')
    add('--copy', action='store_true', help='copy images in place of linking '
        'them')
    add('--skeleton', metavar='FILE', help='file that names the keypoints of '
        'the dataset (default: those of the labels)')
    add('--val', nargs='+', default=(), metavar='VIDEO', help='videos to hold '
        'out, names or patterns such as "mouse3*"; put DST before it')
    add('--val-share', type=float, default=.2, metavar='X',
        help='share of the videos to hold out, where neither --val nor the '
        'labels tell (default: %(default)s)')
    add('--on-error', choices=('stop', 'skip'), default='stop', help='stop: '
        'fail if something is missing or wrong, after all was looked '
        'through; skip: leave it out (default: %(default)s)')
    add('--overwrite', action='store_true', help='replace files that an '
        'import did not write, and skeleton.json')
    args = parser.parse_args(argv)
    if not 0 <= args.val_share < 1:
        parser.error(f'--val-share must be from 0 to below 1, got '
                     f'{args.val_share:g}')
    if args.around is not None and args.around < 0:
        parser.error(f'--around must not be negative, got {args.around}')
    return args


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Import labels; return 1 if the input is at fault.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    args = parse_args(argv)
    from mmpose_video.datasets.convert.own_frames import FrameOptions
    from mmpose_video.datasets.convert.own_labels import (
        ImportOptions,
        beside,
        plan,
    )
    from mmpose_video.datasets.convert.runner import convert
    from mmpose_video.formats.skeleton import Skeleton
    try:
        for folder in (args.images, args.videos):
            if folder is not None and not osp.exists(folder):
                raise FileNotFoundError(f'there is no `{folder}`')
        default = beside(args.labels, args.format)
        options = ImportOptions(
            args.format,
            FrameOptions(args.images or default.images,
                         args.videos or default.videos, args.around,
                         args.copy, args.basenames),
            None if args.skeleton is None else Skeleton.read(args.skeleton),
            args.on_error == 'skip', args.val, args.val_share, args.overwrite)
        convert(
            plan(args.labels, args.dst, options),
            args.dst,
            on_error=args.on_error,
            overwrite=args.overwrite,
            link=False)
    except (OSError, ValueError, ImportError) as error:
        from mmpose_video.utils.one_line import one_line
        print(f'error: {one_line(error)}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
