"""Propagate sparse labels to the frames between them, with PoseWarper.

Usage::

    mmpose-video propagate-labels CONFIG CHECKPOINT \
        --ann-file annotations/sparse.json --out dense.json

The labels are COCO-style, as for training; frames without labels are found in
the folders of the labeled ones. The result holds the given labels and those
that were propagated, and serves as ``ann_file`` of a training.
"""
import argparse
import sys
from typing import Optional, Sequence

from mmengine import DictAction

from mmpose_video.apis.label_propagator import LabelPropagator
from mmpose_video.formats.json_file import write_json
from mmpose_video.utils import Progress, one_line


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video propagate-labels',
        description='Propagate sparse labels to the frames between them.')
    add = parser.add_argument
    add('config', help='config of PoseWarper')
    add('checkpoint', help='its weights, after the second stage')
    add('--out', required=True, help='file for the dense labels')
    add('--ann-file', help='sparse labels, relative to the data root; '
        "default: the config's training labels")
    add('--data-root', help="default: the config's")
    add('--max-distance', type=int, default=3, metavar='FRAMES',
        help='largest distance to a labeled frame; default: 3, enough where '
        'every seventh frame is labeled')
    add('--score-thr', type=float, default=0.2,
        help='keypoints with a lower score count as not labeled; '
        'default: 0.2')
    add('--batch-size', type=int, default=32, help='default: 32')
    add('--workers', type=int, default=2,
        help='processes that read frames; default: 2')
    add('--device', help='default: a GPU if there is one')
    add('--cfg-options', nargs='+', action=DictAction,
        help='settings that replace those of the config, KEY=VALUE')
    return parser.parse_args(argv)


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run from the command line and return the exit status."""
    args = parse_args(argv)
    progress = Progress('people')
    try:
        propagate = LabelPropagator(args.config, args.checkpoint,
                                    args.device, args.cfg_options)
        ann_file = args.ann_file or (
            propagate.cfg.train_dataloader.dataset.ann_file)
        dense, counts = propagate(
            ann_file, args.data_root, args.max_distance, args.score_thr,
            args.batch_size, args.workers, progress)
        write_json(dense, args.out)
    except (OSError, ValueError, RuntimeError) as error:
        print(f'error: {one_line(error)}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f'\nstopped; {args.out} was not written', file=sys.stderr)
        return 130
    finally:
        progress.close()
    print(f'{args.out}: labels of {counts["people"]} people in '
          f'{counts["frames"]} frames were added; {counts["lost"]} people '
          'could not be followed')
    return 0


if __name__ == '__main__':
    sys.exit(main())
