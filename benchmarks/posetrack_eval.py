"""Time the PoseTrack evaluation, against poseval where it is installed.

Writes a random set of about the size of PoseTrack18's validation set,
evaluates it and, if ``import poseval`` works, compares time and numbers with
the official evaluator::

    python benchmarks/posetrack_eval.py --videos 170 --frames 50
"""
import argparse
import contextlib
import importlib.util
import io
import json
import os
import tempfile
import time
from typing import Callable, Dict, List, Tuple

import numpy as np

from mmpose_video.evaluation import evaluate_posetrack
from mmpose_video.formats.keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--videos', type=int, default=170)
    parser.add_argument('--frames', type=int, default=50,
                        help='labeled frames per video')
    parser.add_argument('--people', type=int, default=6,
                        help='mean number of people in a frame')
    parser.add_argument('--repeats', type=int, default=3,
                        help='runs of ours; the fastest counts')
    parser.add_argument('--json', help='write the numbers to this file')
    return parser.parse_args()


def person(rng: np.random.Generator, image_id: int, number: int,
           points: np.ndarray, head: float) -> Tuple[dict, dict]:
    """Return an annotated person and its prediction."""
    flat = np.ones((len(POSETRACK_KEYPOINTS), 3))
    flat[:, :2] = points
    flat[3:5] = 0
    flat[rng.random(len(flat)) < 0.2] = 0
    label = dict(
        id=image_id * 100 + number, image_id=image_id, track_id=number,
        category_id=1, bbox=[0, 0, 9, 9], bbox_head=[0, 0, head, head],
        keypoints=flat.round(3).reshape(-1).tolist(), scores=[])
    guess = np.ones_like(flat)
    guess[:, :2] = points + rng.normal(0, 0.35 * head, points.shape)
    scores = rng.random(len(flat))
    return label, dict(
        image_id=image_id, track_id=number, category_id=1,
        keypoints=guess.reshape(-1).tolist(), scores=scores.tolist())


def write_set(folder: str, args: argparse.Namespace) -> Tuple[str, str]:
    """Write ground truth and predictions; returns both folders."""
    rng = np.random.default_rng(0)
    folders = os.path.join(folder, 'gt'), os.path.join(folder, 'pred')
    for path in folders:
        os.makedirs(path)
    category = dict(id=1, name='person', supercategory='person',
                    keypoints=list(POSETRACK_KEYPOINTS))
    for video in range(1, args.videos + 1):
        name = f'{video:06d}_mpii_test'
        sides: List[dict] = [
            dict(images=[], annotations=[], categories=[category])
            for _ in range(2)
        ]
        for frame in range(args.frames):
            image_id = 10000000000 + video * 10000 + frame
            image = dict(id=image_id, frame_id=image_id,
                         file_name=f'images/val/{name}/{frame:06d}.jpg')
            regions = rng.uniform(0, 1200, (2, 2, 30)).round()
            sides[0]['images'].append(
                dict(image, ignore_regions_x=regions[0].tolist(),
                     ignore_regions_y=regions[1].tolist()))
            sides[1]['images'].append(image)
            for number in range(rng.poisson(args.people)):
                points = rng.uniform(0, 1200, 2) + rng.normal(
                    0, 60, (len(POSETRACK_KEYPOINTS), 2))
                pair = person(rng, image_id, number, points,
                              round(rng.uniform(30, 80), 2))
                for side, one in zip(sides, pair):
                    side['annotations'].append(one)
        for path, side in zip(folders, sides):
            with open(os.path.join(path, f'{name}.json'), 'w') as file:
                json.dump(side, file)
    return folders


def official(gt_dir: str, pred_dir: str) -> Dict[str, float]:
    """Return the 15 keypoints and the total by poseval."""
    from poseval import eval_helpers
    from poseval.evaluateAP import evaluateAP
    with contextlib.redirect_stdout(io.StringIO()):
        frames = eval_helpers.load_data_dir(['', gt_dir + '/',
                                             pred_dir + '/'])
        values = evaluateAP(*frames, None, False, False)[0][:, 0]
    return dict(zip([*POSETRACK_JOINTS, 'Total'], map(float, values)))


def timed(function: Callable, *args: str) -> Tuple[float, Dict[str, float]]:
    """Return seconds and result of a call."""
    start = time.perf_counter()
    result = function(*args)
    return time.perf_counter() - start, result


def main() -> None:
    """Write the set, time the evaluators, print one line each."""
    args = parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folders = write_set(folder, args)
        size = sum(entry.stat().st_size for path in folders
                   for entry in os.scandir(path)) / 2**20
        print(f'{args.videos} videos, {args.videos * args.frames} frames, '
              f'about {args.videos * args.frames * args.people} people, '
              f'{size:.0f} MiB of json')
        runs = [timed(evaluate_posetrack, *folders)
                for _ in range(args.repeats)]
        ours, table = min(runs, key=lambda run: run[0])
        print(f'mmpose_video {ours:8.2f} s   Total {table["Total"]:.4f}')
        numbers = dict(mmpose_video_s=ours)
        if importlib.util.find_spec('poseval') is None:
            print('poseval      is not installed')
        else:
            theirs, reference = timed(official, *folders)
            worst = max(abs(table[k] - v) for k, v in reference.items())
            print(f'poseval      {theirs:8.2f} s   '
                  f'Total {reference["Total"]:.4f}')
            print(f'{theirs / ours:.1f} times as fast, largest difference '
                  f'{worst:g}')
            numbers.update(poseval_s=theirs, largest_difference=worst)
    if args.json:
        with open(args.json, 'w', encoding='utf-8') as file:
            json.dump(numbers, file, indent=2)


if __name__ == '__main__':
    main()
