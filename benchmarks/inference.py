r"""Speed and accuracy of ways from a video to poses.

Renders clips, gives every way the same boxes (the annotated ones), and prints
frames per second, each of them with all of its people, and PoseTrack AP where
checkpoints are given::

    python benchmarks/inference.py \
        --config configs/glsmamba/CONFIG.py --checkpoint GLSMAMBA.pth \
        --baseline configs/single_image/CONFIG.py \
        --baseline-checkpoint BASE.pth

* clips: T crops and T passes through the backbone for each person and frame,
  what the test script computes
* shared crop: a track keeps its crop for runs of at most so many frames, and
  features are reused
* single frame: the baseline with this package's inferencer
* stock: the baseline with ``MMPoseInferencer``, which takes one image after
  the other. It has no place for boxes, so a stand-in for its detector gives
  them, at no cost.

Nothing is drawn. ``--drawing N`` prints another table in place of this one:
what the drawn video costs, by the median of N runs of each way, taken in turn
in one process. Run it on a quiet machine: the load is printed.
"""
import argparse
import importlib.util
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np
import torch
from mmpose.apis import MMPoseInferencer

from mmpose_video.apis import FileBoxes, Frame, VideoPoseInferencer
from mmpose_video.datasets.synthetic import SyntheticConfig, generate
from mmpose_video.evaluation import evaluate_posetrack
from mmpose_video.formats.posetrack_stream import PoseTrackFile

Clips = List[Tuple[Path, Path]]  # folder of frames, file of annotations


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
    _warm_up(lambda: inferencer([np.zeros((90, 160, 3), np.uint8)] * 3))
    return _seconds(inferencer, clips, out, save_vis=False)


def _seconds(inferencer: VideoPoseInferencer, clips: Clips, out: Path,
             **output: Any) -> float:
    """Return the wall time of the clips with options of the output."""
    start = time.perf_counter()
    for frames, boxes in clips:
        for _ in inferencer(str(frames), boxes=str(boxes), out_dir=str(out),
                            output=output):
            pass
    return time.perf_counter() - start


def print_drawing(clips: Clips, out: Path, total: int, repeats: int,
                  kwargs: Dict[str, Any]) -> None:
    """Print what the drawn video costs.

    Args:
        clips (list): The clips.
        out (Path): Folder for the results.
        total (int): Number of their frames.
        repeats (int): Number of runs of each way.
        kwargs (dict): Arguments of the inferencer.
    """
    inferencer = VideoPoseInferencer(**kwargs)
    _warm_up(lambda: inferencer([np.zeros((90, 160, 3), np.uint8)] * 3))
    ways: Dict[str, Dict[str, Any]] = {
        'json alone': dict(save_vis=False),
        'mp4 (mp4v, OpenCV)': dict(),
        'mp4, drawn by the caller': dict(return_vis=True),
    }
    if importlib.util.find_spec('av'):
        ways['mp4 (H.264, PyAV)'] = dict(video_backend='pyav')
    times: Dict[str, List[float]] = {name: [] for name in ways}
    work: Dict[str, List[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, output in ways.items():
            start = time.process_time()
            times[name].append(_seconds(inferencer, clips, out, **output))
            work[name].append(time.process_time() - start)
    print('| output | frames/s | of the rate without | processor ms per '
          'frame, all threads |\n|---|---|---|---|')
    base = statistics.median(times['json alone'])
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        effort = statistics.median(work[name]) / total * 1000
        print(f'| {name} | {total / middle:.1f} | {base / middle:.1%} | '
              f'{effort:.1f} |', flush=True)


class GivenDetector:
    """Stands in for the stock inferencer's detector.

    Args:
        boxes (FileBoxes): Knows the boxes.
    """

    def __init__(self, boxes: FileBoxes) -> None:
        self.boxes = boxes
        self.size = (0, 0)
        self.number = -1

    def __call__(self, path: str, **kwargs: Any) -> dict:
        """The people of a frame, as MMDetection returns them."""
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
    """MMPose's inferencer; seconds."""
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


def _warm_up(run: Callable) -> None:
    """Let libraries choose and load their kernels."""
    for _ in run():
        pass


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
    add('--videos', type=int, default=4)
    add('--frames', type=int, default=40)
    add('--seed', type=int, default=77)
    add('--runs', type=int, nargs='*', default=[2, 4, 8, 16])
    add('--batch-size', type=int, default=32)
    add('--drawing', type=int, metavar='N')
    add('--device', default='cuda:0' if torch.cuda.is_available() else 'cpu')
    args = parser.parse_args()
    if not (args.baseline or args.drawing):
        parser.error('--baseline is needed for the table of ways')
    trained = args.checkpoint is not None
    base: Dict[str, Any] = dict(device=args.device,
                                batch_size=args.batch_size)
    video = dict(base, config=args.config, checkpoint=args.checkpoint)
    single = dict(base, config=args.baseline,
                  checkpoint=args.baseline_checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        clips = render(root / 'data', args)
        with open(clips[0][1], encoding='utf-8') as file:
            image = json.load(file)['images'][0]
        size = (image['height'], image['width'])
        ways: List[Tuple[str, Callable[[Path], float]]] = [
            ('clips', lambda out: run_inferencer(clips, out, **video))
        ]
        for length in args.runs:
            crop = dict(run_length=length)
            ways.append((
                f'shared crop, {length} frames',
                lambda out, crop=crop: run_inferencer(  # type: ignore[misc]
                    clips, out, shared_crop=crop, **video)))
        ways += [
            ('single frame',
             lambda out: run_inferencer(clips, out, **single)),
            ('stock MMPoseInferencer, single frame', lambda out: run_stock(
                clips, out, args.baseline, args.baseline_checkpoint,
                args.device, size))
        ]
        total = args.videos * args.frames
        load = ', '.join(f'{v:.2f}' for v in os.getloadavg())
        print(f'{args.device}, {torch.get_num_threads()} threads, load '
              f'average {load}\n{args.videos} clips of {args.frames} frames, '
              f'{size[1]} x {size[0]}, batches of {args.batch_size}\n')
        if args.drawing:
            print_drawing(clips, root / 'drawing', total, args.drawing, video)
            return
        print('| way | frames/s | AP |\n|---|---|---|', flush=True)
        for name, run in ways:
            out = root / name.replace(' ', '_')
            seconds = run(out)
            score = '-'
            if trained and (args.baseline_checkpoint
                            or 'single' not in name):
                score = '{:.2f}'.format(evaluate_posetrack(
                    str(root / 'data' / 'annotations' / 'val'),
                    str(out / 'posetrack'))['Total'])
            print(f'| {name} | {total / seconds:.1f} | {score} |', flush=True)


if __name__ == '__main__':
    main()
