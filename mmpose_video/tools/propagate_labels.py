r"""Propagate sparse labels to the frames between them, with PoseWarper.

For example::

    mmpose-video propagate-labels CONFIG CHECKPOINT \
        --ann-file annotations/sparse.json --out dense.json

The labels are COCO-style, as for training; frames without labels are found in
the folders of the labeled ones. The result holds the given labels and those
that were propagated, and serves as ``ann_file`` of a training.
"""
import argparse
import sys
from typing import Optional, Sequence

from mmengine import Config, DictAction

from mmpose_video.apis.label_propagator import LabelPropagator
from mmpose_video.formats.json_file import write_json
from mmpose_video.utils import INTERRUPTED, Progress, one_line_errors


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video propagate-labels',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('config', metavar='CONFIG', help='config of PoseWarper')
    add('checkpoint', metavar='CHECKPOINT',
        help='its weights, after the second stage')
    add('--out', metavar='FILE', required=True,
        help='file for the dense labels')
    add('--ann-file', metavar='FILE', help='sparse labels, relative to the '
        "data root (default: the config's training labels)")
    add('--data-root', metavar='DIR',
        help="folder of the dataset (default: the config's)")
    add('--max-distance', type=int, default=3, metavar='N',
        help='largest distance to a labeled frame, in frames (default: '
        '%(default)s, enough where every seventh frame is labeled)')
    add('--kpt-thr', type=float, metavar='X', default=0.2,
        help='keypoints with a lower score count as not labeled (default: '
        '%(default)s)')
    add('--batch-size', type=int, metavar='N', default=32,
        help='people per batch (default: %(default)s)')
    add('--workers', type=int, metavar='N', default=2,
        help='processes that read frames (default: %(default)s)')
    add('--device', help='such as cpu or cuda:1 (default: the first GPU, or '
        'cpu)')
    add('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the config')
    return parser.parse_args(argv)


@one_line_errors
def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run from the command line and return the exit status."""
    args = parse_args(argv)
    progress = Progress('people')
    try:
        propagate = LabelPropagator(args.config, args.checkpoint,
                                    args.device, args.cfg_options)
        dense, counts = propagate(
            args.ann_file or _training_labels(propagate.cfg), args.data_root,
            args.max_distance, args.kpt_thr, args.batch_size, args.workers,
            progress)
        write_json(dense, args.out)
    except KeyboardInterrupt:
        print(f'\nstopped; {args.out} was not written', file=sys.stderr)
        return INTERRUPTED
    finally:
        progress.close()
    print(f'{args.out}: labels of {counts["people"]} people in '
          f'{counts["frames"]} frames were added; {counts["lost"]} people '
          'could not be followed')
    return 0


def _training_labels(config: Config) -> str:
    """Return the labels that a config trains on.

    Raises:
        ValueError: If it names none.
    """
    dataset = config.get('train_dataloader', {}).get('dataset', {})
    if not dataset.get('ann_file'):
        raise ValueError(f'{config.filename} names no file of labels to train '
                         'on: name one by --ann-file')
    return dataset.ann_file


if __name__ == '__main__':
    sys.exit(main())
