"""Measure trained models: predictions by difficulty, and cost.

Each measurement is kept in the folder of its run (``difficulty.json``,
``still.json``, ``cost.json``) and not made again.
"""
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

from . import difficulty
from .errors import RunError
from .logs import epoch_losses
from .methods import WHOLE_FRAME, group_of, is_start
from .runs import Trainings
from .sizes import Size

Results = Sequence[Dict[str, Any]]
#: The stock script.
TESTER = [sys.executable, '-m', 'mim', 'test', 'mmpose']


def predict_all(size: Size, trainings: Trainings, results: Results,
                tester: Optional[List[str]] = None) -> List[str]:
    """Test each run that was not, and sort its keypoints by difficulty.

    Models for whole frames are left out: nothing says which of the labeled
    people those that they find are.

    Args:
        size (Size): The size; real data say nothing of difficulty.
        trainings (Trainings): Where the runs are.
        results (list[dict]): Finished runs.
        tester (list[str], optional): The command before the config, for
            tests. Defaults to mim's.

    Returns:
        list[str]: Errors, one for each run that could not be tested.
    """
    if size.render is None:
        return []
    tester = tester or TESTER

    def predict(result: Dict[str, Any]) -> None:
        folder = trainings.folder(result['name'])
        dump = (folder / 'predictions.pkl').resolve()
        if not _fresh(trainings, result, dump.name):
            _call(trainings, [
                *_test_command(trainings, result, tester, 'test'), '--dump',
                str(dump)
            ], folder / 'test.log')
        labels = (size.folder(result['split']) / 'annotations' /
                  'posetrack18_val.json')
        _write(folder / 'difficulty.json',
               difficulty.count(difficulty.read_predictions(dump), labels))

    missing = [result for result in results
               if group_of(result['config']) != WHOLE_FRAME
               and not _fresh(trainings, result, 'difficulty.json')]
    return _for_each(missing, 'testing', predict)


def still_all(trainings: Trainings, results: Results,
              tester: Optional[List[str]] = None) -> List[str]:
    """Test each video model on still clips, the key frame T times.

    The model is the same, so what it loses is what other frames are worth to
    it. A model that loses nothing does not look at them.

    Args:
        trainings (Trainings): Where the runs are.
        results (list[dict]): Finished runs.
        tester (list[str], optional): The command before the config, for
            tests. Defaults to mim's.

    Returns:
        list[str]: Errors, one for each run that could not be tested.
    """
    tester = tester or TESTER

    def show_still(result: Dict[str, Any]) -> None:
        folder = trainings.folder(result['name'])
        _call(trainings, [
            *_test_command(trainings, result, tester, 'still'),
            '--cfg-options', 'test_dataloader.dataset.clip_sampler.dilation=0'
        ], folder / 'still.log')
        last = max((folder / 'still').glob('*/*.json'), key=os.path.getmtime)
        metrics = json.loads(last.read_text())
        _write(folder / 'still.json', dict(AP=metrics['posetrack/AP']))

    missing = [
        result for result in results
        if group_of(result['config']) == 'video'
        and not _fresh(trainings, result, 'still.json')
    ]
    return _for_each(missing, 'still clips for', show_still)


def measure_all(trainings: Trainings, results: Results) -> List[str]:
    """Measure size and speed of each model that was not, one after another.

    Models of equal method and variant are equal: the first seed stands for
    all.

    Returns:
        list[str]: Errors, one for each model that could not be measured.
    """
    first: Dict[Any, Dict[str, Any]] = {}
    for result in results:
        if not is_start(result['method']):
            first.setdefault((result['method'], result.get('variant')),
                             result)
    missing = [result for result in first.values()
               if not _fresh(trainings, result, 'cost.json')]
    if missing and hasattr(os, 'getloadavg'):
        load = os.getloadavg()[0]
        if load > 0.5:
            print(f'warning: the load of this machine is {load:.1f}; speeds '
                  'are worth something on an idle one only',
                  file=sys.stderr)

    def measure(result: Dict[str, Any]) -> None:
        folder = trainings.folder(result['name'])
        _call(trainings, [
            sys.executable, str(Path(__file__).with_name('cost.py')),
            str(run_config(trainings, result)),
            str((folder / 'cost.json').resolve()), '--device',
            trainings.device
        ], folder / 'cost.log')

    return _for_each(missing, 'measuring', measure)


def _for_each(results: Results, doing: str,
              work: Callable[[Dict[str, Any]], None]) -> List[str]:
    """Do something with each run, say so, and go on after an error.

    Returns:
        list[str]: The errors.
    """
    errors = []
    for number, result in enumerate(results, 1):
        print(f'[{number} of {len(results)}] {doing} {result["name"]}',
              flush=True)
        try:
            work(result)
        except (RunError, ValueError) as error:
            errors.append(f'{result["name"]}: {error}')
            print(f'error: {errors[-1]}', file=sys.stderr)
    return errors


def _test_command(trainings: Trainings, result: Dict[str, Any],
                  tester: List[str], work_dir: str) -> List[str]:
    """Return the command that tests a run's last checkpoint."""
    return [
        *tester, str(run_config(trainings, result)), '-C',
        str(Path(result['checkpoint']).resolve()), '--work-dir',
        str((trainings.folder(result['name']) / work_dir).resolve())
    ]


def run_config(trainings: Trainings, result: Dict[str, Any]) -> Path:
    """Return the path of the config that MMEngine wrote, options included.

    Raises:
        RunError: If it is not there.
    """
    path = trainings.folder(result['name']) / Path(result['config']).name
    if not path.is_file():
        raise RunError(f'{path} is gone, with which the model was trained; '
                       'remove its done.json to train it again')
    return path.resolve()


def collect(trainings: Trainings, results: Results) -> List[Dict[str, Any]]:
    """Return the results with their measurements, ready for the tables.

    Returns:
        list[dict]: One per run; ``cost`` and ``difficulty`` are None where
        they were not measured. Nothing in them is a path of this machine.
    """
    costs = {}
    for result in results:
        cost = _read(trainings.folder(result['name']) / 'cost.json')
        if cost is not None:
            costs[result['method'], result.get('variant')] = cost
    return [
        dict({key: value for key, value in result.items()
              if key != 'checkpoint'},
             cost=costs.get((result['method'], result.get('variant'))),
             still_AP=(_read(trainings.folder(result['name']) / 'still.json')
                       or {}).get('AP'),
             losses=epoch_losses(trainings.folder(result['name'])),
             difficulty=_read(
                 trainings.folder(result['name']) / 'difficulty.json'))
        for result in results
    ]


def _call(trainings: Trainings, command: List[str], log: Path) -> None:
    with open(log, 'w') as file:
        code = trainings.call(command, file)
    if code:
        raise RunError(f'{" ".join(command[1:5])} ... failed with status '
                       f'{code}: see {log}')


def _fresh(trainings: Trainings, result: Dict[str, Any], name: str) -> bool:
    """Return whether a measurement is there and newer than its training."""
    folder = trainings.folder(result['name'])
    path, done = folder / name, folder / 'done.json'
    return path.is_file() and path.stat().st_mtime >= done.stat().st_mtime


def _read(path: Path) -> Optional[Any]:
    return json.loads(path.read_text()) if path.is_file() else None


def _write(path: Path, content: Any) -> None:
    draft = path.with_name(f'{path.name}.tmp')
    draft.write_text(json.dumps(content))
    os.replace(draft, path)


