r"""Compare speed and accuracy of ways from a video to poses.

Renders clips, gives every way the same boxes (the annotated ones), and prints
frames per second, each of them with all of its people, and PoseTrack AP where
checkpoints are given::

    python benchmarks/inference.py \
        --config configs/glsmamba/CONFIG.py --checkpoint GLSMAMBA.pth \
        --baseline configs/single_image/CONFIG.py \
        --baseline-checkpoint BASE.pth

* clips: T crops and T passes through the backbone for each person and frame,
  what the test script computes
* moved: each frame passes through the backbone once, and its features are
  moved to the crops of its neighbors; with a number, a track also keeps its
  crop for runs of at most so many frames
* held: features are shared within runs only
* single frame: the baseline with this package's inferencer
* stock: the baseline with ``MMPoseInferencer``, which takes one image after
  the other. It has no place for boxes, so a stand-in for its detector gives
  them, at no cost.

The last two need ``--baseline``. Speeds are medians of ``--repeats`` runs of
each way, taken in turn. Above the table stands what part of a clip's time the
backbone takes, and how much faster than ``clips`` no way of reusing its
features can be. ``--plot`` draws AP against speed. No video is drawn; what
that costs ``drawing.py`` measures. Run it on a quiet machine: the load is
printed.
"""
import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from mmpose.apis import MMPoseInferencer

from mmpose_video.apis import FileBoxes, Frame, VideoPoseInferencer
from mmpose_video.datasets.synthetic import SyntheticConfig, generate
from mmpose_video.evaluation import evaluate_posetrack
from mmpose_video.formats.posetrack_stream import PoseTrackFile

Clips = List[Tuple[Path, Path]]  # folder of frames, file of annotations
#: Name, and a function of a folder for the results that returns seconds.
Ways = List[Tuple[str, Callable[[Path], float]]]
Row = Tuple[str, float, float]


def add_clip_arguments(parser: argparse.ArgumentParser, videos: int,
                       repeats: int) -> None:
    """Add the arguments of :func:`render` and of the runs on its clips.

    Args:
        parser (argparse.ArgumentParser): The command line.
        videos (int): Number of clips by default.
        repeats (int): Number of runs by default.
    """
    add = parser.add_argument
    add('--videos', type=int, default=videos)
    add('--frames', type=int, default=40)
    add('--seed', type=int, default=77)
    add('--repeats', type=int, default=repeats)
    add('--batch-size', type=int, default=32)
    add('--device', default='cuda:0' if torch.cuda.is_available() else 'cpu')


def render(folder: Path, args: argparse.Namespace) -> Clips:
    """Render the clips."""
    generate(
        str(folder),
        SyntheticConfig(
            train_videos=0, val_videos=args.videos, frames=args.frames,
            seed=args.seed))
    annotations = sorted((folder / 'annotations' / 'val').glob('*.json'))
    return [(folder / 'images' / 'val' / file.stem, file)
            for file in annotations]


def run_inferencer(clips: Clips, out: Path, **kwargs: Any) -> float:
    """Run this package's inferencer without drawing; return seconds."""
    inferencer = VideoPoseInferencer(**kwargs)
    warm_up(inferencer)
    return wall_time(inferencer, clips, out, save_vis=False)


def warm_up(inferencer: VideoPoseInferencer) -> None:
    """Run once, so that libraries choose and load their kernels."""
    for _ in inferencer([np.zeros((90, 160, 3), np.uint8)] * 3):
        pass


def describe(clips: Clips, args: argparse.Namespace) -> Tuple[int, int]:
    """Print machine and clips.

    Args:
        clips (list): The clips.
        args (argparse.Namespace): ``device``, ``frames`` and ``batch_size``.

    Returns:
        tuple[int, int]: Height and width of the frames.
    """
    with open(clips[0][1], encoding='utf-8') as file:
        image = json.load(file)['images'][0]
    load = ', '.join(f'{v:.2f}' for v in os.getloadavg())
    print(f'{args.device}, {torch.get_num_threads()} threads, load average '
          f'{load}, torch {torch.__version__}\n'
          f'{len(clips)} clips of {args.frames} frames, {image["width"]} x '
          f'{image["height"]}, batches of {args.batch_size}\n')
    return image['height'], image['width']


def wall_time(inferencer: VideoPoseInferencer, clips: Clips, out: Path,
              **output: Any) -> float:
    """Return the wall time of the clips with options of the output."""
    start = time.perf_counter()
    for frames, boxes in clips:
        for _ in inferencer(str(frames), boxes=str(boxes), out_dir=str(out),
                            output=output):
            pass
    return time.perf_counter() - start


class GivenDetector:
    """Stand in for the detector of MMPose's inferencer.

    Args:
        boxes (FileBoxes): Knows the boxes.
    """

    def __init__(self, boxes: FileBoxes) -> None:
        self.boxes = boxes
        self.size = (0, 0)
        self.number = -1

    def __call__(self, path: str, **kwargs: Any) -> dict:
        """Return the people of a frame, as MMDetection does."""
        number = int(Path(path).stem)
        image = np.broadcast_to(np.uint8(0), (*self.size, 3))
        people = self.boxes(Frame(number, number, path, image))
        instances = SimpleNamespace(
            bboxes=people.boxes, scores=people.scores,
            labels=np.zeros(len(people.boxes), dtype=int))
        instances.cpu = instances.numpy = lambda: instances
        return dict(predictions=[SimpleNamespace(pred_instances=instances)])


def run_stock(clips: Clips, out: Path, config: str,
              checkpoint: Optional[str], device: str,
              size: Tuple[int, int]) -> float:
    """Run MMPose's inferencer and return the seconds."""
    stock = MMPoseInferencer(
        pose2d=config, pose2d_weights=checkpoint, device=device,
        det_model='whole_image')
    stock.inferencer.det_cat_ids = (0, )
    names = stock.inferencer.model.dataset_meta['keypoint_id2name']
    seconds = 0.
    for frames, file in clips:
        detector = GivenDetector(FileBoxes(str(file)))
        detector.size = size
        stock.inferencer.detector = detector
        writer = PoseTrackFile(
            str(out / 'posetrack' / file.name), file.stem, names)
        paths = sorted(map(str, frames.iterdir()))
        start = time.perf_counter()
        results = stock(paths, bbox_thr=0., nms_thr=1.)
        for index, (path, result) in enumerate(zip(paths, results)):
            people = [
                dict(keypoints=p['keypoints'], scores=p['keypoint_scores'],
                     bbox=p['bbox'][0], bbox_score=float(p['bbox_score']),
                     track_id=i)
                for i, p in enumerate(result['predictions'][0])
            ]
            writer.append(index, index, Path(path).name, people)
        writer.close()
        seconds += time.perf_counter() - start
    return seconds


def backbone_share(config: str, device: str, repeats: int = 5
                   ) -> Tuple[float, int]:
    """Measure what part of a clip's time its passes through the backbone take.

    Args:
        config (str): Config of a video model.
        device (str): Where it runs.
        repeats (int): Number of runs; the medians count.

    Returns:
        tuple[float, int]: The part, and T, the number of frames in a clip.
    """
    inferencer = VideoPoseInferencer(config, device=device)
    model: Any = inferencer.model
    width, height = inferencer.cfg.codec['input_size']
    frames = len(inferencer.system.sampler())
    clip = torch.zeros(4, frames, 3, height, width, device=device)
    seconds: Dict[str, List[float]] = dict(backbone=[], all=[])
    with torch.no_grad():
        for turn in range(repeats + 1):
            start = time.perf_counter()
            feats = model.extract_frame_feats(clip)
            middle = time.perf_counter()
            model.head.forward(model.neck(feats))
            end = time.perf_counter()
            if turn:  # the first one warms up
                seconds['backbone'].append(middle - start)
                seconds['all'].append(end - start)
    part = (statistics.median(seconds['backbone']) /
            statistics.median(seconds['all']))
    return part, frames


def plot_frontier(rows: Sequence[Row], path: str) -> None:
    """Draw AP against frames per second.

    Args:
        rows (list): Name, frames per second and AP of each way.
        path (str): The picture.
    """
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(6, 4), layout='constrained')
    for kind in ('moved', 'held', ''):
        group = [row for row in rows if kind and row[0].startswith(kind)
                 or not kind and row[0].split(',')[0] not in ('moved',
                                                              'held')]
        if not group:
            continue
        axes.plot([row[1] for row in group], [row[2] for row in group],
                  'o-' if kind else 's', label=kind or None)
        for name, speed, ap in group:
            axes.annotate(name, (speed, ap), textcoords='offset points',
                          xytext=(4, 4), fontsize=7)
    axes.set_xlabel('frames per second, with all of their people')
    axes.set_ylabel('PoseTrack AP')
    axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--config', required=True)
    add('--checkpoint')
    add('--baseline', help='config of a single-frame model')
    add('--baseline-checkpoint')
    add_clip_arguments(parser, videos=4, repeats=3)
    add('--runs', type=int, nargs='*', default=[2, 4, 8, 16])
    add('--plot', metavar='PNG')
    args = parser.parse_args()
    base: Dict[str, Any] = dict(device=args.device,
                                batch_size=args.batch_size)
    video = dict(base, config=args.config, checkpoint=args.checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        clips = render(root / 'data', args)
        size = describe(clips, args)
        part, frames = backbone_share(args.config, args.device)
        bound = 1 / (1 - part + part / frames)
        print(f'T = {frames}; the backbone takes {part:.0%} of the time of a '
              f"clip's network: at most {bound:.1f} times as fast\n")
        rows = compare(_ways(args, clips, size, video, base), root, args)
    if args.plot:
        plot_frontier(rows, args.plot)


def compare(ways: Ways, root: Path, args: argparse.Namespace) -> List[Row]:
    """Run each way, and print the table.

    Args:
        ways (list): The ways.
        root (Path): Folder with the clips in ``data``, for the results.
        args (argparse.Namespace): Of the command line.

    Returns:
        list[tuple[str, float, float]]: Name, frames per second and AP of
        each way; NaN without its checkpoint.
    """
    seconds: Dict[str, List[float]] = {name: [] for name, _ in ways}
    for _ in range(args.repeats):
        for name, run in ways:
            seconds[name].append(run(root / name.replace(' ', '_')))
    print('| way | frames/s | of clips | AP |\n|---|---|---|---|')
    rows: List[Row] = []
    for name, times in seconds.items():
        middle = statistics.median(times)
        score = float('nan')
        if args.baseline_checkpoint if 'single' in name else args.checkpoint:
            score = evaluate_posetrack(
                str(root / 'data' / 'annotations' / 'val'),
                str(root / name.replace(' ', '_') / 'posetrack'))['Total']
        rows.append((name, args.videos * args.frames / middle, score))
        ratio = statistics.median(seconds['clips']) / middle
        print(f'| {name} | {rows[-1][1]:.1f} | {ratio:.2f}x | {score:.2f} |',
              flush=True)
    return rows


def _ways(args: argparse.Namespace, clips: Clips, size: Tuple[int, int],
          video: Dict[str, Any], base: Dict[str, Any]
          ) -> Ways:
    """Return the ways by name, each a function of a folder for results."""

    def reusing(**options: Any) -> Callable[[Path], float]:
        return lambda out: run_inferencer(clips, out, reuse_features=options,
                                          **video)

    ways: Ways = [
        ('clips', lambda out: run_inferencer(clips, out, **video)),
        ('moved', reusing())
    ]
    ways += [(f'moved, {length}', reusing(run_length=length))
             for length in args.runs]
    ways += [(f'held, {length}', reusing(warp=False, run_length=length))
             for length in args.runs]
    if args.baseline:
        single = dict(base, config=args.baseline,
                      checkpoint=args.baseline_checkpoint)
        ways += [
            ('single frame',
             lambda out: run_inferencer(clips, out, **single)),
            ('stock MMPoseInferencer, single frame', lambda out: run_stock(
                clips, out, args.baseline, args.baseline_checkpoint,
                args.device, size))
        ]
    return ways


if __name__ == '__main__':
    main()
