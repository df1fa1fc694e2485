r"""Measure the speed of MoveNet on a video in several settings.

    python benchmarks/movenet_speed.py VIDEO

Following people by their poses (detection every tenth frame), detection in
every frame as MMPose's inferencer does it, and MultiPose alone; each way in
turn, ``--repeats`` times, in one process. Reading, tracking and smoothing
count, files and drawing do not.
"""
import argparse
import platform
import statistics
import time
from typing import Dict, List

import cv2
import torch

from mmpose_video.apis import VideoPoseInferencer


def ways() -> Dict[str, VideoPoseInferencer]:
    """Return the ways by name."""
    found = {}
    for name in ('thunder', 'lightning'):
        for interval, words in ((10, 'followed, detection in each 10th frame'),
                                (1, 'detection in each frame')):
            found[f'{name.title()}, {words}'] = VideoPoseInferencer(
                f'movenet-{name}', device='cpu',
                detector=dict(config='movenet', interval=interval),
                smoother=dict(type='OneEuro'))
    for sizes in ([256], [256, 512]):
        words = ' and '.join(map(str, sizes))
        found[f'MultiPose alone, {words} pixels'] = VideoPoseInferencer(
            'movenet-multipose', device='cpu',
            detector=dict(config='movenet', sizes=sizes),
            smoother=dict(type='OneEuro'))
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('video')
    parser.add_argument('--frames', type=int, default=40)
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    seconds: Dict[str, List[float]] = {}
    people: Dict[str, float] = {}
    systems = ways()
    for _ in range(args.repeats):
        for name, infer in systems.items():
            start = time.perf_counter()
            counts = [len(result['predictions'][0]) for result in infer(
                args.video, stream=dict(max_frames=args.frames))]
            spent = time.perf_counter() - start
            seconds.setdefault(name, []).append(spent / len(counts))
            people[name] = statistics.mean(counts)
    print(f'\n{args.video}, the first {args.frames} frames; threads: '
          f'{args.threads}; median of {args.repeats}; {platform.machine()}, '
          f'torch {torch.__version__}\n')
    print('| way | frames/s | people per frame |\n|---|---|---|')
    for name, values in seconds.items():
        print(f'| {name} | {1 / statistics.median(values):.1f} | '
              f'{people[name]:.1f} |')


if __name__ == '__main__':
    main()
