"""Measure the speed of the synthetic clip generator.

Prints the processor time per frame of each stage, then the frames per second
of whole runs with one and two workers, for both difficulties::

    python benchmarks/synthetic.py [--clips 20] [--size 640x360]

Whole runs include everything that ends on disk. Run it on a quiet machine:
the load average is printed with the results.
"""
import argparse
import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import List

import cv2

from mmpose_video.datasets.synthetic import SyntheticConfig, generate
from mmpose_video.datasets.synthetic.clip import Clip


def stages(config: SyntheticConfig, clips: int) -> Counter:
    """Return the processor time of each stage in ms per frame."""
    spent: Counter = Counter()

    def lap(name: str, start: float) -> float:
        now = time.process_time()
        spent[name] += (now - start) * 1e3 / (clips * config.frames)
        return now

    for seed in range(clips):
        now = time.process_time()
        clip = Clip(config, seed)
        now = lap('scene and labels', now)
        renderer = clip.renderer()
        now = lap('background and outlines', now)
        frames: List = list(renderer.frames())
        now = lap('drawing', now)
        for frame, quality in zip(frames, clip.scene.exposure.quality):
            cv2.imencode('.jpg', frame,
                         [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        lap('JPEG', now)
    return spent


def whole_run(config: SyntheticConfig, workers: int) -> float:
    """Return the frames per second of a run to disk."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        frames = generate(Path(folder) / 'data', config, workers=workers)
        return frames / (time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clips', type=int, default=20)
    parser.add_argument('--size', default='640x360')
    args = parser.parse_args()
    width, height = (int(v) for v in args.size.split('x'))
    cv2.setNumThreads(1)
    load = ', '.join(f'{v:.2f}' for v in os.getloadavg())
    print(f'{os.cpu_count()} cores, load average {load}, '
          f'{width}x{height}, OpenCV {cv2.__version__}')
    for difficulty in ('easy', 'hard'):
        config = SyntheticConfig(
            width=width, height=height, difficulty=difficulty,
            train_videos=args.clips, val_videos=0)
        spent = stages(config, max(1, args.clips // 2))
        print(f'\n{difficulty}: processor ms per frame')
        for name, value in spent.items():
            print(f'  {name:26}{value:6.2f}')
        print(f'  {"sum":26}{sum(spent.values()):6.2f}')
        for workers in (1, 2):
            speed = whole_run(config, workers)
            print(f'  {workers} worker(s), to disk{speed:12.0f} frames/s')


if __name__ == '__main__':
    main()
