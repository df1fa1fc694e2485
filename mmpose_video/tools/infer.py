r"""Estimate the poses of people in a video.

For example::

    mmpose-video infer video.mp4
    mmpose-video infer monday.mp4 tuesday.mp4
    mmpose-video infer video.mp4 --formats csv trc --no-video
    mmpose-video infer video.mp4 --config CONFIG --checkpoint WEIGHTS \
        --boxes boxes.json --out-dir results

The first one uses MoveNet with its published weights: MultiPose finds people,
Thunder estimates their poses, which are tracked and smoothed.
"""
import argparse
import os.path as osp
import signal
import sys
import time
from typing import Any, List, Optional, Sequence

from mmengine.config import DictAction

#: The model that is used by default.
DEFAULT_MODEL = 'movenet-thunder'


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    parser = argparse.ArgumentParser(
        prog='mmpose-video infer', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('videos', nargs='+', metavar='VIDEO',
        help='video file, image, folder of images, or webcam:0; several run '
        'one after the other')
    add('--config', '--model', metavar='MODEL', default=DEFAULT_MODEL,
        help='movenet-lightning, movenet-thunder, movenet-multipose, the '
        "config of a model, or a name or alias of MMPose's model zoo, such as "
        'human or vitpose-b (default: %(default)s)')
    add('--checkpoint', metavar='FILE', help='weights (default: the published '
        'ones for named models; for others random ones, with a warning)')
    add('--out-dir', metavar='DIR', default='results',
        help='folder of the results (default: %(default)s)')
    add('--boxes', metavar='FILE',
        help='JSON file with boxes, or movenet: people found by MoveNet '
        'MultiPose and followed by their poses (default: the '
        'detector; movenet for models of MoveNet; else the whole image)')
    add('--detect-every', type=int, metavar='N', help='frames from one '
        'detection by MoveNet MultiPose to the next (default: 10)')
    add('--tiles', type=int, metavar='N', help='for crowds: MoveNet MultiPose '
        'searches N x N parts of the frame, too (default: 1, none)')
    add('--boxes-ann-file', metavar='FILE', help='annotations that name the '
        'images of the boxes (default: their ids are numbers of frames)')
    add('--boxes-id-offset', type=int, default=0, metavar='N',
        help='what to subtract from the id of an image for the number of '
        'the frame (default: %(default)s)')
    add('--detector', metavar='CONFIG',
        help='config, or name in the model zoo, of an MMDetection model that '
        'finds people, or of a bottom-up model of MMPose (rtmo)')
    add('--detector-checkpoint', metavar='FILE',
        help='weights of the detector')
    add('--box-score-thr', type=float, metavar='X',
        help='lowest score of a detected box (default: 0.3, of MoveNet '
        '0.15)')
    add('--device', help='such as cpu or cuda:1 (default: the first GPU, or '
        'cpu)')
    add('--runtime', choices=('torch', 'compile', 'onnxruntime', 'openvino'),
        default='torch',
        help='what runs the network (default: %(default)s)')
    add('--dtype', choices=('float32', 'bfloat16', 'float16'),
        default='float32', help='precision (default: %(default)s)')
    add('--batch-size', type=int, metavar='N',
        help='people per batch (default: 32 on a GPU, on a CPU fewer, the '
        'larger the clips)')
    add('--latency', type=int, metavar='N',
        help='frames after a frame to wait for at most (default: as many as '
        'its clip needs)')
    add('--max-frames', type=int, metavar='N',
        help='stop after N frames')
    add('--fps', type=float, metavar='X',
        help='frames per second, where the input has none (folders) or a '
        'wrong one (slow motion)')
    add('--video-backend', choices=('opencv', 'pyav'), default='opencv',
        help='what reads the video and writes the mp4; pyav reads exact time '
        'stamps and writes H.264 for browsers (default: %(default)s)')
    add('--reuse-features', type=int, nargs='?', const=1, metavar='FRAMES',
        help='pass each frame through the backbone once and move its features '
        'to the crops of its neighbors: several times as fast; with FRAMES, '
        'also keep crops for runs of so many frames (default: 1)')
    add('--smooth', nargs='+', metavar=('FILTER', 'KEY=VALUE'),
        help='OneEuro, ExponentialMovingAverage, Kalman, Gaussian, '
        'SavitzkyGolay or SmoothNet, with its arguments, or none; OneEuro '
        "takes the video's frame rate (default: OneEuro for the named models "
        'of MoveNet, else none)')
    add('--color-by', choices=('part', 'track'), default='part',
        help='what a color of the drawn video stands for (default: '
        '%(default)s)')
    add('--kpt-thr', type=float, metavar='X', default=0.3,
        help='lowest score of a drawn keypoint (default: %(default)s)')
    add('--draw-heatmap', action='store_true',
        help='draw the heatmaps, too')
    add('--no-video', action='store_true', help='write no mp4')
    add('--formats', nargs='*', default=['csv'], metavar='FORMAT',
        help='other formats of the results: csv, coco, trc, yolo, deeplabcut, '
        'slp, nwb (default: csv)')
    add('--quiet', action='store_true', help='show no progress')
    add('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the config')
    return parser.parse_args(argv)


def run(args: argparse.Namespace, written: List[int]) -> int:
    """Run on the videos, one after the other.

    Of several videos, one that cannot be read or written is reported and
    left out.

    Args:
        args (argparse.Namespace): As :func:`parse_args` returns them.
        written (list[int]): Gets the number of each frame whose results are
            complete, also if an error ends the run.

    Returns:
        int: How many of several videos could not be done.

    Raises:
        ValueError: If an input is wrong.
        OSError: If a file cannot be read or written.
    """
    smoother = _smoother(args)
    boxes = _boxes(args)
    if args.reuse_features is not None and args.reuse_features < 1:
        raise ValueError('--reuse-features must be at least 1, got '
                         f'{args.reuse_features}')
    # it imports PyTorch and MMPose: not before the arguments are known
    from mmpose_video.apis.video_pose_inferencer import VideoPoseInferencer
    inferencer = VideoPoseInferencer(
        args.config,
        args.checkpoint,
        device=args.device,
        detector=_detector(args),
        batch_size=args.batch_size,
        reuse_features=dict(run_length=args.reuse_features)
        if args.reuse_features is not None else False,
        smoother=smoother,
        cfg_options=args.cfg_options,
        runtime=args.runtime,
        dtype=args.dtype)
    if len(args.videos) == 1:
        _run_on(inferencer, args.videos[0], boxes, args, written)
        return 0
    failed = 0
    for video in args.videos:
        print(f'{video}:', flush=True)
        try:
            _run_on(inferencer, video, boxes, args, written)
        except (OSError, ValueError, FloatingPointError) as error:
            _print_error(error)
            failed += 1
    return failed


def _run_on(inferencer: Any, video: str, boxes: Any,
            args: argparse.Namespace, written: List[int]) -> None:
    """Run on one video."""
    results = inferencer(
        video,
        boxes=boxes,
        out_dir=args.out_dir,
        stream=dict(
            latency=args.latency,
            max_frames=args.max_frames,
            fps=args.fps,
            backend=args.video_backend),
        output=dict(
            save_vis=not args.no_video,
            video_backend=args.video_backend,
            formats=args.formats,
            show_progress=not args.quiet),
        drawing=dict(
            draw_heatmap=args.draw_heatmap,
            color_by=args.color_by,
            kpt_thr=args.kpt_thr))
    try:
        for result in results:
            written.append(result['frame_id'])
    finally:
        # an interrupt may have arrived while the generator was suspended
        results.close()  # type: ignore[attr-defined]


def _smoother(args: argparse.Namespace) -> Optional[dict]:
    """Return the config of the filter, None for none."""
    if args.smooth:
        return None if args.smooth == ['none'] else filter_config(args.smooth)
    return dict(type='OneEuro') if _is_movenet(args.config) else None


def _is_movenet(name: str) -> bool:
    """Return whether a name is that of a published model of MoveNet."""
    return name.startswith('movenet-') and not name.endswith('.py')


def _detector(args: argparse.Namespace) -> Optional[dict]:
    """Return the arguments of the detector, None for none."""
    movenet = args.boxes == 'movenet' or (
        _is_movenet(args.config) and not (args.boxes or args.detector))
    if movenet and args.detector:
        raise ValueError('--boxes movenet and --detector name two detectors')
    if args.detect_every is not None and (
            not movenet or args.config == 'movenet-multipose'):
        raise ValueError('--detect-every is for --boxes movenet, with a model '
                         'that takes boxes')
    if args.tiles is not None and not movenet:
        raise ValueError('--tiles is for --boxes movenet')
    if args.detector_checkpoint and not args.detector:
        raise ValueError('--detector-checkpoint is for --detector')
    options = {}
    for name, value in (
            ('config', 'movenet' if movenet else args.detector),
            ('checkpoint', args.detector_checkpoint),
            ('score_thr', args.box_score_thr),
            ('interval', args.detect_every),
            ('tiles', args.tiles)):
        if value is not None:
            options[name] = value
    return options or None


def _boxes(args: argparse.Namespace) -> Any:
    """Return the boxes that the arguments name, None for the detector's."""
    if args.boxes == 'movenet':
        return None
    if args.boxes is not None and len(args.videos) > 1:
        raise ValueError('--boxes FILE is for one video, got '
                         f'{len(args.videos)}')
    if not (args.boxes_ann_file or args.boxes_id_offset):
        return args.boxes
    from mmpose_video.apis import FileBoxes
    if args.boxes is None:
        raise ValueError(
            '--boxes-ann-file and --boxes-id-offset need --boxes')
    return FileBoxes(
        args.boxes,
        image_id_offset=args.boxes_id_offset,
        video=osp.splitext(osp.basename(args.videos[0].rstrip('/')))[0],
        ann_file=args.boxes_ann_file)


def filter_config(words: Sequence[str]) -> dict:
    """Return the config of a filter from its name and ``key=value`` pairs.

    Values are numbers, pairs of numbers such as ``640,360``, or the path of
    a ``checkpoint``.

    Raises:
        ValueError: If a word is no such pair.
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
            raise ValueError(
                f'--smooth: expected KEY=NUMBER, got `{word}`') from None
        config[key] = numbers[0] if len(numbers) == 1 else numbers
    return config


class _Terminated(KeyboardInterrupt):
    """Raised when the process is asked to end, as by Ctrl-C."""


def _terminate(*_: Any) -> None:
    raise _Terminated


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.

    Returns:
        int: The exit status: 0, 1 for a bad input (also if it is one of
        several videos), 130 after Ctrl-C and 143 after SIGTERM. The results
        so far are complete in all cases.
    """
    args = parse_args(argv)
    start = time.perf_counter()
    written: List[int] = []
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        failed = run(args, written)
    except KeyboardInterrupt as error:
        _report('interrupted:', written, start, args.out_dir)
        return 143 if isinstance(error, _Terminated) else 130
    except (OSError, ValueError, ImportError, FloatingPointError) as error:
        _print_error(error)
        if written:
            _report('stopped:', written, start, args.out_dir)
        return 1
    finally:
        signal.signal(signal.SIGTERM, before)
    state = (f'{failed} of {len(args.videos)} videos failed:'
             if failed else 'done:')
    _report(state, written, start, args.out_dir)
    return int(failed > 0)


def _print_error(error: Exception) -> None:
    """Print an error as one line."""
    from mmpose_video.utils.one_line import one_line
    print(f'error: {one_line(error)}', file=sys.stderr, flush=True)


def _report(state: str, written: Sequence[int], start: float,
            out_dir: str) -> None:
    """Print what was done."""
    seconds = time.perf_counter() - start
    count = len(written)
    if count:
        frames = '1 frame' if count == 1 else f'{count} frames'
        print(f'{state} the results of {frames} are in {out_dir} '
              f'({seconds:.1f} s)')
    else:
        print(f'{state} there are no results')


if __name__ == '__main__':
    sys.exit(main())
