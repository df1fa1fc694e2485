"""Time the crop of a clip against OpenCV's.

Both sides make (T, 3, H, W) of the same T frames and the same matrix, in turn
in one process on one thread, and give the same bits, which is checked: OpenCV
warps each frame and splits its channels, ``crop_clip`` does all at once.
Prints medians and ratios::

    python benchmarks/clip_crop.py
"""
import argparse
import platform
import statistics
import time
from functools import partial
from typing import Callable, List, Tuple

import cv2
import numpy as np
from mmpose.structures.bbox import get_warp_matrix

from mmpose_video.datasets.loading.clip_crop import crop_clip
from mmpose_video.ops.cpp_compiler import best_isa


def by_opencv(frames: List[np.ndarray], matrix: np.ndarray, out: np.ndarray
              ) -> None:
    """Crop one frame after the other."""
    size = (out.shape[3], out.shape[2])
    crop = np.empty((*size[::-1], 3), np.uint8)
    for frame, planes in zip(frames, out):
        cv2.warpAffine(frame, matrix, size, dst=crop, flags=cv2.INTER_LINEAR)
        cv2.split(crop, list(planes))


def medians(calls: Tuple[Callable[[], object], ...], repeats: int
            ) -> List[float]:
    """Return the median processor time of each in ms, taken in turn."""
    times: List[List[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, found in zip(calls, times):
            start = time.process_time()
            call()
            found.append(time.process_time() - start)
    return [statistics.median(found) * 1e3 for found in times]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--frames', type=int, default=5)
    parser.add_argument('--repeats', type=int, default=200)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (args.frames, 90, 160, 3), np.uint8)
    frames = [cv2.resize(frame, (1280, 720)) for frame in noise]
    print(f'{platform.processor() or platform.machine()}, {best_isa()}, '
          f'OpenCV {cv2.__version__}; {args.frames} frames of 1280x720, a '
          'person of 300 pixels; median ms of processor time a clip')
    print('| crop | angle | OpenCV | crop_clip | ratio |\n'
          '|---|---|---|---|---|')
    for width, height in ((192, 256), (288, 384)):
        for angle in (0., 30.):
            matrix = get_warp_matrix(
                np.array([600., 350.]), np.array([225., 300.]), angle,
                output_size=(width, height))
            theirs, ours = (np.zeros((args.frames, 3, height, width),
                                     np.uint8) for _ in range(2))
            if not crop_clip(frames, matrix, ours):
                raise SystemExit('there is no kernel on this machine')
            by_opencv(frames, matrix, theirs)
            if not np.array_equal(ours, theirs):
                raise SystemExit('the pixels differ')
            opencv, kernel = medians(
                (partial(by_opencv, frames, matrix, theirs),
                 partial(crop_clip, frames, matrix, ours)), args.repeats)
            print(f'| {height}x{width} | {angle:.0f} | {opencv:.2f} | '
                  f'{kernel:.2f} | {opencv / kernel:.1f} |')


if __name__ == '__main__':
    main()
