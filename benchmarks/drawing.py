"""Measure what the drawn video costs.

Renders clips and runs a model on them without a video, and with one by each
way of writing it::

    python benchmarks/drawing.py --config configs/glsmamba/CONFIG.py

Speeds are medians of ``--repeats`` runs of each way, taken in turn in one
process. Run it on a quiet machine: the load is printed.
"""
import argparse
import importlib.util
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

from inference import (
    Clips,
    add_clip_arguments,
    describe,
    render,
    wall_time,
    warm_up,
)

from mmpose_video.apis import VideoPoseInferencer


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
    warm_up(inferencer)
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
            times[name].append(wall_time(inferencer, clips, out, **output))
            work[name].append(time.process_time() - start)
    print('| output | frames/s | of the rate without | processor ms per '
          'frame, all threads |\n|---|---|---|---|')
    base = statistics.median(times['json alone'])
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        effort = statistics.median(work[name]) / total * 1000
        print(f'| {name} | {total / middle:.1f} | {base / middle:.1%} | '
              f'{effort:.1f} |', flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('--config', required=True)
    add('--checkpoint')
    add_clip_arguments(parser, videos=4, repeats=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        clips = render(root / 'data', args)
        describe(clips, args)
        print_drawing(
            clips, root / 'results', args.videos * args.frames, args.repeats,
            dict(config=args.config, checkpoint=args.checkpoint,
                 device=args.device, batch_size=args.batch_size))


if __name__ == '__main__':
    main()
