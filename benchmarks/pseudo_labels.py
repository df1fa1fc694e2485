r"""Train small methods on the labels that MoveNet gives real videos.

Cuts long videos into clips, labels all clips with Thunder, trains the
single-frame student and video methods on some of them, and tests on the
others, everything with commands that a user has, too::

    python benchmarks/pseudo_labels.py street.mp4 vtest.avi

What the table says is agreement with Thunder's labels, which nobody checked,
and not accuracy. Per seed a single-frame model trains from random weights;
each video method starts from it with the backbone frozen, and the student
itself trains on for as many epochs, as in ``benchmarks/accuracy.py``. Below
it stand published models with boxes of the labels: Thunder's own row is what
a crop around the label's box in place of one around the last pose changes.

What is finished is not done again: after Ctrl-C the same command continues.
"""
import argparse
import json
import math
import signal
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import cv2
from comparison.errors import RunError
from comparison.evaluate import still_all
from comparison.logs import JOINT_GROUPS
from comparison.methods import choose, discover, is_start
from comparison.plan import execute, plan
from comparison.runs import Trainings
from comparison.sizes import ROOT, SIZES

SIZE = SIZES['small']
#: Groups of keypoints with labels: of the head, COCO has the nose alone.
GROUPS = [group for group in JOINT_GROUPS if group != 'Head']
#: Configs for PoseTrack18, whose keypoints 1 and 2 COCO's models put to the
#: eyes; these have no labels.
PUBLISHED = {
    'movenet-lightning': 'configs/movenet/movenet-lightning_mobilenetv2_'
    '1xb24-50e_posetrack18-192x192.py',
    'movenet-thunder': 'configs/movenet/movenet-thunder_mobilenetv2-w175_'
    '1xb24-50e_posetrack18-256x256.py',
}


def clip_starts(frames: int, clips: int, length: int) -> List[int]:
    """Return the first frames of clips, evenly spread over a video.

    Args:
        frames (int): Frames of the video.
        clips (int): How many clips; a video that is too short for them is
            one clip.
        length (int): Frames of a clip.
    """
    if clips < 2 or frames < clips * length:
        return [0]
    return [i * (frames - length) // (clips - 1) for i in range(clips)]


def cut(video: Path, folder: Path, clips: int, length: int) -> List[Path]:
    """Write clips of a video as folders of PNG images.

    Args:
        video (Path): The video.
        folder (Path): Folder for them.
        clips (int): See :func:`clip_starts`.
        length (int): See there.

    Raises:
        FileNotFoundError: If the video cannot be read.
    """
    capture = cv2.VideoCapture(str(video))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if count < 1:
        raise FileNotFoundError(f'`{video}` cannot be read as a video')
    starts = clip_starts(count, clips, length)
    if len(starts) == 1:
        length = count
    made = [folder / f'{video.stem}-{start:04d}' for start in starts]
    for path in made:
        path.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        ok, image = capture.read()
        if not ok:
            break
        for start, path in zip(starts, made):
            target = path / f'{number - start:06d}.png'
            if 0 <= number - start < length and not target.exists():
                cv2.imwrite(str(target), image)
    return made


def label(videos: Sequence[Path], out: Path, every: int, share: float,
          trainings: Trainings) -> str:
    """Label the clips; return the last line that the command prints."""
    command = [
        sys.executable, '-m', 'mmpose_video.tools.pseudo_label',
        *map(str, videos), str(out), '--every', str(every), '--val-share',
        str(share), '--device', trainings.device, '--quiet']
    print(' '.join(['mmpose-video pseudo-label', *command[3:]]), flush=True)
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode:
        raise RunError('the clips could not be labeled, see above')
    return result.stdout.strip().splitlines()[-1]


def published(name: str, trainings: Trainings) -> Dict[str, Any]:
    """Test a published model and return its metrics."""
    from mmpose_video.weights import get_weights
    folder = trainings.folder(name).resolve()
    found = sorted(folder.glob('*/*.json'))
    if not found:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / 'test.log', 'w') as log:
            status = trainings.call([
                sys.executable, '-m', 'mim', 'test', 'mmpose',
                PUBLISHED[name], '-C', str(get_weights(name)), '--work-dir',
                str(folder), '--cfg-options', *trainings.extra], log)
        found = sorted(folder.glob('*/*.json'))
        if status or not found:
            raise RunError(f'{name} could not be tested: see {log.name}')
    metrics = json.loads(found[-1].read_text())
    return dict(
        method=name, seed=None, AP=metrics['posetrack/AP'],
        **{group: metrics[f'posetrack/{group} AP'] for group in GROUPS})


def mean_and_spread(values: Sequence[Optional[float]]) -> str:
    """Format values of several seeds, ``48.0 ± 0.4``."""
    known = [value for value in values
             if value is not None and not math.isnan(value)]
    if not known:
        return '-'
    text = f'{statistics.mean(known):.1f}'
    if len(known) > 1:
        text += f' ± {statistics.stdev(known):.1f}'
    return text


def table(results: Sequence[Dict[str, Any]]) -> str:
    """Return a Markdown table, one row for each method."""
    columns = ['AP', 'still_AP', *GROUPS]
    rows: Dict[Tuple[str, bool], List[Dict[str, Any]]] = {}
    for result in results:
        rows.setdefault((result['method'], result['seed'] is None),
                        []).append(result)
    lines = [
        '| method | seeds | AP | on still clips | ' + ' | '.join(GROUPS) +
        ' |', '|---' * (3 + len(columns) - 1) + '|']
    for (method, given), runs in rows.items():
        cells = [mean_and_spread([run.get(key) for run in runs])
                 for key in columns[:2]]
        cells += [mean_and_spread([statistics.mean(
            run[key] for run in runs)]) for key in columns[2:]]
        seeds = '-' if given else str(len(runs))
        lines.append(' | '.join([f'| {method}', seeds, *cells]) + ' |')
    return '\n'.join(lines)


def main(argv: Optional[List[str]] = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('videos', nargs='+', type=Path, metavar='VIDEO')
    add('--clips', type=int, default=6, help='of each video that is long '
        'enough (default: %(default)s)')
    add('--length', type=int, default=90, help='frames of a clip '
        '(default: %(default)s)')
    add('--every', type=int, default=2, help='label every N-th frame '
        '(default: %(default)s)')
    add('--val-share', type=float, default=0.3, help='share of the clips to '
        'test on (default: %(default)s)')
    add('--methods', nargs='+', default=['baseline', 'dcpose', 'fami',
                                         'glsmamba'], metavar='NAME')
    add('--seeds', type=int, default=1, help='how many (default: 1)')
    add('--start-epochs', type=int, default=SIZE.start_epochs,
        help='of the single-frame start (default: %(default)s)')
    add('--epochs', type=int, default=SIZE.epochs,
        help='of each method after it (default: %(default)s)')
    add('--device', choices=('cpu', 'cuda'), default='cpu')
    add('--jobs', type=int, default=1, help='trainings at a time')
    add('--work-dir', type=Path, default=ROOT / 'work_dirs/pseudo_labels')
    args = parser.parse_args(argv)
    data = (args.work_dir / 'data').resolve()
    trainings = Trainings(
        args.work_dir, args.device, extra=tuple(
            f'{loader}_dataloader.dataset.data_root={data}/'
            for loader in ('train', 'val', 'test')))
    # a polite kill ends the trainings like Ctrl-C
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        clips = [clip for video in args.videos for clip in cut(
            video, args.work_dir / 'clips', args.clips, args.length)]
        said = label(clips, data, args.every, args.val_share, trainings)
        print(said, flush=True)
        methods = discover(SIZE)
        runs = plan(SIZE, choose(methods, args.methods), [], methods,
                    range(args.seeds), ['hard'], args.start_epochs,
                    args.epochs)
        results = [result for result in execute(
            runs, trainings, args.jobs).values()
            if not is_start(result['method'])]
        still_all(trainings, results)
        for result in results:
            path = trainings.folder(result['name']) / 'still.json'
            if path.is_file():
                result['still_AP'] = json.loads(path.read_text())['AP']
        results += [published(name, trainings) for name in PUBLISHED]
    except (OSError, ValueError, RunError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(f'\nAgreement with the labels, which are those of MoveNet Thunder\n'
          f'\n{table(results)}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
