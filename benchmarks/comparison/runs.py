"""Run trainings in a work directory, each once, and keep their results.

A run has a folder ``<work_dir>/<name>`` with MMEngine's logs and checkpoints,
``output.log`` with all that was printed, ``run.json`` with what was asked
for and, once it is finished, ``done.json`` with the result. Names are
``[<split>_]<method>[.<variant>]_seed<seed>``; the hard split has no prefix.
"""
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from .errors import RunError, StoppedError
from .logs import environment, last_checkpoint, read_training
from .sizes import ROOT

#: What must agree for a finished run to stand for a wanted one.
IDENTITY = ('config', 'seed', 'epochs', 'options')


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        name (str): Name of its folder.
        method (str): Name of the method, for the tables.
        config (str): Path of the config below the repository.
        seed (int): Seed of weights, order and augmentation.
        split (str): Split of the data.
        epochs (int, optional): None: what the config says.
        options (Tuple[str, ...]): Config options.
        start (str, optional): Name of the run whose checkpoint it needs.
            ``{start}`` in ``start_options`` becomes its path.
        start_options (Tuple[str, ...]): Config options about the start.
        variant (str, optional): Name of the ablation.
    """
    name: str
    method: str
    config: str
    seed: int
    split: str = 'hard'
    epochs: Optional[int] = None
    options: Tuple[str, ...] = ()
    start: Optional[str] = None
    start_options: Tuple[str, ...] = ()
    variant: Optional[str] = None


def length_options(epochs: Optional[int]) -> List[str]:
    """Return config options that set the length of a training."""
    if epochs is None:
        return []
    return [f'train_cfg.max_epochs={epochs}',
            f'train_cfg.val_interval={epochs}',
            f'param_scheduler.1.T_max={epochs}']


class Trainings:
    """Run MMPose's training script, and keep the results.

    Args:
        work_dir (Path): Holds a folder per run.
        device (str): ``'cpu'`` or ``'cuda'``.
        threads (int): Of each training.
        gpus (int): With more than one, each training uses that many.
        extra (Tuple[str, ...]): Config options of all runs.
        trainer (List[str], optional): The command before the config, for
            tests. Defaults to mim's.
    """

    def __init__(self, work_dir: Path, device: str = 'cpu', threads: int = 1,
                 gpus: int = 1, extra: Tuple[str, ...] = (),
                 trainer: Optional[List[str]] = None) -> None:
        self.work_dir = work_dir
        self.device = device
        self.threads = threads
        self.gpus = gpus
        self.extra = extra
        self.trainer = trainer or [sys.executable, '-m', 'mim', 'train',
                                   'mmpose']
        self.stopped = threading.Event()
        self._children: Dict[int, subprocess.Popen] = {}

    def folder(self, name: str) -> Path:
        """Return the folder of a run."""
        return self.work_dir / name

    def finished(self, run: Run) -> Optional[Dict[str, Any]]:
        """Return the result of a finished run, or None.

        Raises:
            RunError: If the folder holds the result of another run.
        """
        path = self.folder(run.name) / 'done.json'
        if not path.is_file():
            return None
        try:
            result = json.loads(path.read_text())
        except ValueError as error:
            raise RunError(f'{path} is damaged ({error}); remove it to train '
                           'this run again') from error
        wanted = self._identity(run)
        for key in IDENTITY:
            # results of earlier versions have no options
            if key in result and result[key] != wanted[key] and not (
                    key == 'epochs' and run.epochs is None):
                raise RunError(
                    f'{path} is of another run: {key} {result[key]} there, '
                    f'{wanted[key]} wanted. Ask for the same, take another '
                    '--work-dir, or move that folder away')
        # the work directory may have moved since
        result['checkpoint'] = str(
            self.folder(run.name) / Path(result['checkpoint']).name)
        return dict(result, method=run.method, variant=run.variant,
                    split=run.split)

    def all_finished(self) -> List[Dict[str, Any]]:
        """Return the results of all finished runs by name."""
        results = []
        for path in sorted(self.work_dir.glob('*/done.json')):
            result = json.loads(path.read_text())
            name = result['name'].rsplit('_seed', 1)[0]
            # results of earlier versions lack what their names say
            result.setdefault('method', name.split('.')[0])
            result.setdefault('variant', None)
            result.setdefault('split', 'hard')
            result['checkpoint'] = str(
                path.parent / Path(result['checkpoint']).name)
            results.append(result)
        return results

    def _identity(self, run: Run) -> Dict[str, Any]:
        return dict(config=run.config, seed=run.seed, epochs=run.epochs,
                    options=[*run.options, *self.extra])

    def command(self, run: Run, last: Optional[str] = None) -> List[str]:
        """Return the command line that trains a run.

        Args:
            run (Run): The run.
            last (str, optional): A checkpoint of this run to go on from.
        """
        options = [f'randomness.seed={run.seed}',
                   'default_hooks.logger.interval=10',
                   'default_hooks.checkpoint.max_keep_ckpts=1',
                   *length_options(run.epochs)]
        if run.start is not None:
            start = str(self._start_checkpoint(run))
            options += [o.replace('{start}', start)
                        for o in run.start_options]
        # last, so that a variant may train what others keep
        options += [*run.options, *self.extra]
        if last is not None:
            options = [o for o in options if not o.startswith('load_from=')]
            options += [f'load_from={last}', 'resume=True']
        launcher = []
        if self.gpus > 1:
            launcher = ['--launcher', 'pytorch', '--gpus', str(self.gpus)]
        return [*self.trainer, run.config, *launcher, '--work-dir',
                str(self.folder(run.name).resolve()), '--cfg-options',
                *options]

    def _start_checkpoint(self, run: Run) -> Path:
        """Return where the start's checkpoint lies, or will lie."""
        assert run.start is not None
        folder = self.folder(run.start)
        done = folder / 'done.json'
        name = '<its last checkpoint>'
        if done.is_file():
            name = Path(json.loads(done.read_text())['checkpoint']).name
        return folder.resolve() / name

    def train(self, run: Run) -> Dict[str, Any]:
        """Train a run, or go on with it, or read what an earlier call left.

        Raises:
            RunError: If the training fails; names its log.
            StoppedError: If :meth:`stop` was called.
        """
        folder = self.folder(run.name)
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / '.lock', 'w') as lock:
            # another call may be at it: then wait for its result
            while True:
                if self.stopped.is_set():
                    raise StoppedError
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    time.sleep(1)
            return self.finished(run) or self._train(run, folder)

    def _train(self, run: Run, folder: Path) -> Dict[str, Any]:
        asked = self._identity(run)
        record = folder / 'run.json'
        before: Dict[str, Any] = {}
        last = None
        if record.is_file():
            before = json.loads(record.read_text())
            if before.get('asked') == asked:
                last = last_checkpoint(folder)
        minutes = before.get('minutes', 0.) if last else 0.
        command = self.command(run, last)
        started = time.strftime('%Y-%m-%d %H:%M:%S')
        record.write_text(json.dumps(dict(asked=asked, minutes=minutes,
                                          command=command), indent=1))
        begin = time.perf_counter()
        with open(folder / 'output.log', 'a' if last else 'w') as log:
            code = self.call(command, log)
        minutes += (time.perf_counter() - begin) / 60
        record.write_text(json.dumps(dict(asked=asked, minutes=minutes,
                                          command=command), indent=1))
        if self.stopped.is_set():
            raise StoppedError
        if code:
            raise RunError(f'{run.name} failed with status {code}: see '
                           f'{folder}/output.log')
        result = dict(
            name=run.name, method=run.method, variant=run.variant,
            split=run.split, **asked, start=run.start, minutes=minutes,
            started=started, device=self.device, threads=self.threads,
            **environment(), **read_training(folder))
        draft = folder / 'done.json.tmp'
        draft.write_text(json.dumps(result, indent=1))
        os.replace(draft, folder / 'done.json')
        return result

    def call(self, command: List[str], log: Any) -> int:
        """Run a command in a process group of its own.

        :meth:`stop` and an exception in this thread (Ctrl-C) end it.

        Args:
            command (List[str]): The command.
            log (file, optional): Where its output goes. None: ours.
        """
        # configs of projects import these
        paths = [str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])]
        env = dict(os.environ, OMP_NUM_THREADS=str(self.threads),
                   PYTHONPATH=os.pathsep.join(paths))
        if self.device == 'cpu':
            env['CUDA_VISIBLE_DEVICES'] = ''
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env=env, start_new_session=True)
        self._children[process.pid] = process
        try:
            # stop() may have come before the child was noted
            if self.stopped.is_set():
                _kill(process, signal.SIGTERM)
            return process.wait()
        except BaseException:
            self.stop()
            raise
        finally:
            del self._children[process.pid]

    def stop(self, patience: float = 5.) -> None:
        """End all children; what is finished stays.

        Args:
            patience (float): Seconds before children are killed hard.
        """
        self.stopped.set()
        children = list(self._children.values())
        for child in children:
            _kill(child, signal.SIGTERM)
        end = time.monotonic() + patience
        while time.monotonic() < end and any(
                child.poll() is None for child in children):
            time.sleep(0.05)
        for child in children:
            _kill(child, signal.SIGKILL)


def _kill(process: subprocess.Popen, number: int) -> None:
    """Signal a process and all that it started."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def shown(command: List[str]) -> str:
    """Return a command as one would type it."""
    words = list(command)
    if words[0] == sys.executable:
        words[0] = 'python'
    if words[1:3] == ['-m', 'mim']:
        words[:3] = ['mim']
    return shlex.join(words)
