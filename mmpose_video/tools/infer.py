r"""From a video to poses, on the command line.

For example::

    python -m mmpose_video.tools.infer video.mp4 --config CONFIG \
        --checkpoint WEIGHTS --boxes boxes.json --out-dir results
"""
import argparse
import os.path as osp
import sys
import time
from typing import Any, Optional, Sequence, Tuple

from mmengine.config import DictAction


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    parser = argparse.ArgumentParser(
        prog='mmpose-video infer', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('video', metavar='VIDEO',
        help='video file, folder of images, or webcam:0')
    add('--config', required=True)
    add('--checkpoint', help='default: random weights, with a warning')
    add('--out-dir', required=True)
    add('--boxes', help='json file with boxes; default: the detector, or '
        'without one the whole image')
    add('--boxes-ann-file', metavar='FILE', help='annotations that name the '
        'images of the boxes (default: their ids are numbers of frames)')
    add('--boxes-id-offset', type=int, default=0, metavar='N',
        help='what to subtract from the id of an image for the number of '
        'the frame (default: %(default)s)')
    add('--detector', help='config of an MMDetection model that finds people')
    add('--detector-checkpoint')
    add('--box-score-thr', type=float, default=0.3,
        help='least score of a detected box (default: %(default)s)')
    add('--device', help='default: the first GPU, or cpu')
    add('--batch-size', type=int, default=32,
        help='people per batch (default: %(default)s)')
    add('--latency', type=int,
        help='frames to wait for at most (default: as the clip reaches)')
    add('--max-frames', type=int)
    add('--shared-crop', type=int, nargs='?', const=8, metavar='FRAMES',
        help='keep crops for runs of frames and reuse their features: '
        'faster, slightly less accurate (default length: 8)')
    add('--smooth', nargs='+', metavar=('FILTER', 'KEY=VALUE'),
        help='OneEuro, ExponentialMovingAverage, Kalman, Gaussian, '
        'SavitzkyGolay or SmoothNet, with its arguments')
    add('--color-by', choices=('part', 'track'), default='part')
    add('--kpt-thr', type=float, default=0.3,
        help='least score of a drawn key point (default: %(default)s)')
    add('--draw-heatmap', action='store_true')
    add('--no-video', action='store_true', help='write no mp4')
    add('--quiet', action='store_true', help='show no progress')
    add('--cfg-options', nargs='+', action=DictAction,
        help='changes to the config, key=value')
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> Tuple[int, bool]:
    """Run on a video.

    Args:
        args (argparse.Namespace): As :func:`parse_args` returns them.

    Returns:
        tuple[int, bool]: Number of frames that were written, and whether the
        user interrupted it.
    """
    from mmpose_video.apis.video_pose_inferencer import VideoPoseInferencer
    inferencer = VideoPoseInferencer(
        args.config,
        args.checkpoint,
        device=args.device,
        detector=args.detector,
        detector_checkpoint=args.detector_checkpoint,
        detector_cfg=dict(score_thr=args.box_score_thr),
        batch_size=args.batch_size,
        shared_crop=dict(run_length=args.shared_crop)
        if args.shared_crop else False,
        smoother=filter_config(args.smooth) if args.smooth else None,
        cfg_options=args.cfg_options)
    results = inferencer(
        args.video,
        boxes=_boxes(args),
        out_dir=args.out_dir,
        latency=args.latency,
        max_frames=args.max_frames,
        save_vis=not args.no_video,
        draw_heatmap=args.draw_heatmap,
        color_by=args.color_by,
        kpt_thr=args.kpt_thr,
        show_progress=not args.quiet)
    count = 0
    try:
        for _ in results:
            count += 1
    except KeyboardInterrupt:
        return count, True
    finally:
        # an interrupt may have come while the generator was at rest
        results.close()  # type: ignore[attr-defined]
    return count, False


def _boxes(args: argparse.Namespace) -> Any:
    """Return the boxes that the arguments name."""
    if not (args.boxes_ann_file or args.boxes_id_offset):
        return args.boxes
    from mmpose_video.apis import FileBoxes
    if args.boxes is None:
        sys.exit('error: --boxes-ann-file and --boxes-id-offset need --boxes')
    return FileBoxes(
        args.boxes,
        image_id_offset=args.boxes_id_offset,
        video=osp.splitext(osp.basename(args.video.rstrip('/')))[0],
        ann_file=args.boxes_ann_file)


def filter_config(words: Sequence[str]) -> dict:
    """Config of a filter from its name and ``key=value`` pairs.

    Values are numbers, pairs of numbers such as ``640,360``, or the path of
    a ``checkpoint``.

    Raises:
        SystemExit: If a word is no such pair.
    """
    config: dict = dict(type=words[0])
    for word in words[1:]:
        key, sign, value = word.partition('=')
        if sign and key == 'checkpoint':
            config[key] = value
            continue
        try:
            numbers = [
                int(part) if part.lstrip('-').isdigit() else float(part)
                for part in value.split(',')
            ]
        except ValueError:
            sys.exit(f'--smooth: expected KEY=NUMBER, got `{word}`')
        config[key] = numbers[0] if len(numbers) == 1 else numbers
    return config


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.

    Returns:
        int: The exit status: 0, 1 for a bad input, 130 for an interrupt.
    """
    args = parse_args(argv)
    start = time.perf_counter()
    try:
        count, interrupted = run(args)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    seconds = time.perf_counter() - start
    state = 'interrupted: the results of' if interrupted else 'wrote'
    print(f'\n{state} {count} frames in {seconds:.1f} s '
          f'{"are in" if interrupted else "to"} {args.out_dir}')
    return 130 if interrupted else 0


if __name__ == '__main__':
    sys.exit(main())
