"""Logs of a training, and the machine that it ran on."""
import json
import platform
import statistics
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Optional

from .errors import RunError
from .sizes import ROOT

#: What a log says twice, or of the machine's other work.
_UNTOLD = ('base_lr', 'iter', 'data_time', 'memory')
JOINT_GROUPS = ('Head', 'Shoulder', 'Elbow', 'Wrist', 'Hip', 'Knee', 'Ankle')


def last_checkpoint(folder: Path) -> Optional[str]:
    """Return the checkpoint that a killed training left, if any."""
    note = folder / 'last_checkpoint'
    if note.is_file():
        path = folder / Path(note.read_text().strip()).name
        if path.is_file():
            return str(path.resolve())
    return None


def read_training(folder: Path) -> Dict[str, Any]:
    """Read what a finished training left in its logs.

    Args:
        folder (Path): The work directory of the training.

    Returns:
        dict: ``checkpoint`` (path), ``seconds_per_iteration`` (median),
        ``AP`` and the AP of each keypoint group, of the last evaluation.

    Raises:
        RunError: If the logs have no evaluation, or there is no checkpoint.
    """
    lines = _read_log(folder)
    metrics = [line for line in lines if 'posetrack/AP' in line]
    checkpoint = last_checkpoint(folder)
    if not metrics or checkpoint is None:
        raise RunError(f'the training in {folder} ended without '
                       'an evaluation or a checkpoint: see its output.log')
    last = metrics[-1]
    return dict(
        checkpoint=checkpoint,
        seconds_per_iteration=statistics.median(
            line['time'] for line in lines if 'loss' in line),
        AP=last['posetrack/AP'],
        **{group: last[f'posetrack/{group} AP'] for group in JOINT_GROUPS})


def epoch_losses(folder: Path) -> List[float]:
    """Return the mean training loss of each epoch that has a log."""
    losses: Dict[int, List[float]] = {}
    for line in _read_log(folder):
        if 'loss' in line:
            losses.setdefault(line['epoch'], []).append(line['loss'])
    return [float(f'{statistics.mean(values):.5g}')
            for _, values in sorted(losses.items())]


def write_log(folder: Path, target: Path) -> bool:
    """Keep what MMEngine logged of a training, a few kB of json lines.

    Args:
        folder (Path): The work directory of the training.
        target (Path): The file to write.

    Returns:
        bool: False, and nothing is written, if there are no logs.
    """
    lines = [{key: float(f'{value:.5g}') if isinstance(value, float) else value
              for key, value in line.items() if key not in _UNTOLD}
             for line in _read_log(folder)]
    if lines:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(''.join(f'{json.dumps(line)}\n' for line in lines))
    return bool(lines)


def _read_log(folder: Path) -> List[Dict[str, Any]]:
    """Return all lines of MMEngine's logs of a training, in order."""
    lines: List[Dict[str, Any]] = []
    # those of the test script lie one folder deeper
    for path in sorted(folder.glob('*/vis_data/scalars.json')):
        lines += [json.loads(line) for line in path.read_text().splitlines()]
    return lines


def environment() -> Dict[str, Any]:
    """Return commit, versions and processor of a result."""
    from importlib.metadata import PackageNotFoundError, version

    def found(name: str) -> Optional[str]:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    git = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], cwd=ROOT,
                         capture_output=True, text=True)
    return dict(
        commit=git.stdout.strip() or None,
        versions=dict(
            python=platform.python_version(), torch=found('torch'),
            mmengine=found('mmengine'), mmpose=found('mmpose')))
