r"""Measure the speed of models by runtime and precision.

Renders clips, gives every runtime the same boxes and weights, and prints for
each model and runtime frames per second, the ratio to PyTorch, the time of the
first batch (export and compilation included) and the distance of keypoints
from PyTorch's in float32, below which 95 % lie and the largest::

    python benchmarks/runtimes.py configs/*/*_hrnet-tiny_*synthetic*.py

Runs are taken in turn in one process; speeds are medians. Weights are random
unless ``--checkpoints`` names some, which suffices for the speed; differences
in half precision mean something for trained weights only.
"""
import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
import torch
from inference import Clips, add_clip_arguments, render

from mmpose_video.apis import VideoPoseInferencer

WAYS: Dict[str, Dict[str, str]] = {
    'torch': {},
    'bfloat16': dict(dtype='bfloat16'),
    'compile': dict(runtime='compile'),
    'onnxruntime': dict(runtime='onnxruntime'),
    'openvino': dict(runtime='openvino'),
}


def run(inferencer: VideoPoseInferencer, clips: Clips) -> List[np.ndarray]:
    """Return the keypoints of each frame, (P, K, 2).

    Args:
        inferencer (VideoPoseInferencer): The model.
        clips (list): Folders of frames, and files of boxes.
    """
    return [
        np.array([p['keypoints'] for p in result['predictions'][0]])
        for frames, boxes in clips
        for result in inferencer(str(frames), boxes=str(boxes))
    ]


def measure(config: str, checkpoint: Optional[str], clips: Clips,
            args: argparse.Namespace) -> None:
    """Print the rows of a model.

    Args:
        config (str): Its config.
        checkpoint (str, optional): Its weights.
        clips (list): Folders of frames, and files of boxes.
        args (argparse.Namespace): The command line.
    """
    made: Dict[str, Any] = {}
    first: Dict[str, float] = {}
    points: Dict[str, List[np.ndarray]] = {}
    times: Dict[str, List[float]] = {}
    name = Path(config).stem.split('_')[0]
    weights = None
    for way in dict.fromkeys(('torch', *args.runtimes)):
        options = WAYS[way]
        try:
            infer = VideoPoseInferencer(
                config, checkpoint, args.device,
                batch_size=args.batch_size, **options)
            if weights is None:
                weights = infer.model.state_dict()  # type: ignore
            infer.model.load_state_dict(weights)  # type: ignore
            start = time.perf_counter()
            points[way] = run(infer, clips)
            first[way] = time.perf_counter() - start
            made[way], times[way] = infer, []
        except (ImportError, ValueError) as error:
            print(f'| {name} | {way} | {error} | | | | |', flush=True)
    for _ in range(args.repeats):
        for way, infer in made.items():
            start = time.perf_counter()
            run(infer, clips)
            times[way].append(time.perf_counter() - start)
    total = len(points['torch'])
    base = statistics.median(times['torch'])
    for way, seconds in times.items():
        middle = statistics.median(seconds)
        moved = np.concatenate([
            np.linalg.norm(a - b, axis=-1).ravel()
            for a, b in zip(points[way], points['torch'])])
        print(f'| {name} | {way} | {total / middle:.1f} | '
              f'{base / middle:.2f} | {first[way] - middle:.1f} | '
              f'{np.quantile(moved, 0.95):.3g} | {moved.max():.3g} |',
              flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('configs', nargs='+')
    add('--checkpoints', nargs='*', default=[])
    add('--runtimes', nargs='+', choices=list(WAYS), default=list(WAYS),
        metavar='NAME', help=f'of {", ".join(WAYS)}; torch always runs')
    add_clip_arguments(parser, videos=1, repeats=5)
    args = parser.parse_args()
    checkpoints = args.checkpoints or [None] * len(args.configs)
    if len(checkpoints) != len(args.configs):
        parser.error('give as many checkpoints as configs')
    load = ', '.join(f'{value:.2f}' for value in os.getloadavg())
    print(f'{args.device}, {torch.get_num_threads()} threads, load average '
          f'{load}\n')
    print('| model | runtime | frames/s | ratio | first batch, s | '
          'difference in pixels, 95 % | largest |\n'
          '|---|---|---|---|---|---|---|', flush=True)
    with tempfile.TemporaryDirectory() as folder:
        clips = render(Path(folder), args)
        for config, checkpoint in zip(args.configs, checkpoints):
            measure(config, checkpoint, clips, args)


if __name__ == '__main__':
    main()
