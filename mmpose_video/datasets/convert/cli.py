"""Convert a downloaded dataset.

For example::

    mmpose-video convert posetrack18 downloads/posetrack18 data/posetrack18

Writes COCO-style annotation files from what the owners of a dataset
distribute. Run it again to go on where it was.
`mmpose-video convert SET --help` lists the options.
"""
import argparse
from typing import Callable, Dict, List, Optional

from mmpose_video.utils import one_line_errors

from . import hieve, jhmdb, posetrack17, posetrack18
from .runner import ON_ERROR, convert
from .task import Plan

SETS: Dict[str, Callable[..., Plan]] = {
    'posetrack17': posetrack17.plan,
    'posetrack18': posetrack18.plan,
    'posetrack21': posetrack18.plan21,
    'jhmdb': jhmdb.plan,
    'hieve': hieve.plan,
}
TITLES = {
    'posetrack17': 'PoseTrack2017',
    'posetrack18': 'PoseTrack18',
    'posetrack21': 'PoseTrack21',
    'jhmdb': 'Sub-JHMDB',
    'hieve': 'HiEve',
}


def parse_args(argv: Optional[List[str]] = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video convert',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(
        dest='set', required=True, metavar='SET',
        help='the dataset:')
    for name, title in TITLES.items():
        command = commands.add_parser(
            name, help=title, description=f'Convert {title}.')
        command.add_argument(
            'src', metavar='SRC', help='what the owners distribute')
        command.add_argument(
            'dst', metavar='DST', help="folder of the result, a config's "
            'data_root; may be the same')
        command.add_argument(
            '--labels', metavar='DIR', help='folder of the labels, if it is '
            'not where docs/datasets.md has it')
        command.add_argument(
            '--on-error', choices=ON_ERROR, default='stop', help='stop: fail '
            'if images or labels are missing or broken; skip: leave them out '
            '(default: %(default)s)')
        command.add_argument(
            '--overwrite', action='store_true', help='replace annotation '
            'files that this command did not write')
        command.add_argument(
            '--no-link', action='store_true', help='put no links to the '
            'image folders into DST')
        if name == 'hieve':
            command.add_argument(
                '--val', nargs='+', default=(), metavar='VIDEO',
                help='videos to hold out')
            command.add_argument(
                '--boxes', metavar='DIR', help='Track-1 files to turn into '
                'box files')
            command.add_argument(
                '--boxes-from', type=int, choices=(0, 1), default=0,
                help='number of the first frame in these (default: '
                '%(default)s)')
            command.add_argument(
                '--extract', action='store_true', help='write the frames of '
                'SRC/videos to DST/images first')
    return parser.parse_args(argv)


def make_plan(args: argparse.Namespace) -> Plan:
    """Look for what the command line names."""
    if args.set != 'hieve':
        return SETS[args.set](args.src, args.labels)
    return hieve.plan(
        args.src,
        args.labels,
        val=args.val,
        boxes=args.boxes,
        boxes_from=args.boxes_from,
        extract_to=args.dst if args.extract else None)


@one_line_errors
def main(argv: Optional[List[str]] = None) -> int:
    """Convert; return 1 if the input is at fault."""
    args = parse_args(argv)
    convert(
        make_plan(args),
        args.dst,
        on_error=args.on_error,
        overwrite=args.overwrite,
        link=not args.no_link)
    return 0
