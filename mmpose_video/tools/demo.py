"""Train, test and run a small model end to end on rendered clips.

Renders clips, trains a small GLSMamba with MMPose's own scripts, compares its
average precision with that of the untrained model, and draws the poses of a
video that it has not seen::

    mmpose-video demo --work-dir work_dirs/demo
"""
import argparse
import glob
import json
import logging
import os
import os.path as osp
import re
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, List, Optional, Sequence

from mmpose_video.tools._job import JobError, run_job
from mmpose_video.tools._mmengine_log import parse_run_state
from mmpose_video.tools.real_video import draw_real_video
from mmpose_video.utils import StatusLine, format_seconds

CONFIG = 'glsmamba/glsmamba_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
DATA = 'data/synthetic/demo'
VIDEO = 'data/synthetic/demo_video'
#: The rendered sets, as arguments of ``mmpose-video render``.
RENDER = {
    DATA: '--difficulty easy --size 480x360 --people 1-3 --videos 160 '
    '--val-videos 20 --frames 16 --labeled-every 4',
    VIDEO: '--difficulty easy --size 480x360 --people 2-2 --videos 0 '
    '--val-videos 1 --frames 50 --seed 2',
}
#: Enough to be clearly better than untrained, in a few minutes of two cores.
EPOCHS = 6
COST = 'It takes about 8 minutes on two idle cores and 200 MB of disk.'
#: Exit status after Ctrl-C.
INTERRUPTED = 130


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the demo and return the exit status."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video demo',
        description=f'{__doc__}\nThe clips are kept in data/synthetic. '
        f'{COST}',
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--work-dir', metavar='DIR', default='work_dirs/demo',
        help='folder of the checkpoints, logs and pictures '
        '(default: %(default)s)')
    parser.add_argument(
        '--config', metavar='CONFIG',
        help='another config for rendered clips (default: a GLSMamba)')
    parser.add_argument(
        '--video', metavar='FILE', default=os.environ.get('VIDEO'),
        help='a video of people, drawn first with MoveNet (default: $VIDEO, '
        "or Debian's opencv-doc)")
    parser.add_argument(
        '--fresh', action='store_true', help='train again from the start')
    args = parser.parse_args(argv)
    config = args.config or osp.join(find_configs(), CONFIG)
    demo = Demo(args.work_dir, config)
    before = signal.signal(signal.SIGTERM, _interrupt)
    print(f'Everything goes to data/synthetic and {args.work_dir}. {COST}')
    try:
        real = draw_real_video(
            osp.join(args.work_dir, 'real_video'), args.video)
        demo.run(args.fresh, real)
    except KeyboardInterrupt:
        print('\nstopped; run the same command again to go on from here',
              file=sys.stderr)
        return INTERRUPTED
    except JobError as error:
        print(f'\n{error}\nerror: {demo.step} failed; run the same command '
              'again to go on from here', file=sys.stderr)
        return 1
    except (DemoError, FileNotFoundError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def find_configs() -> str:
    """Return the folder of the package's configs.

    Raises:
        FileNotFoundError: If the package was installed without them.
    """
    package = osp.dirname(osp.dirname(osp.abspath(__file__)))
    for folder in (osp.join(osp.dirname(package), 'configs'),
                   osp.join(package, '.mim', 'configs')):
        if osp.exists(osp.join(folder, CONFIG)):
            # shorter, where the demo runs in the source tree
            near = osp.relpath(folder)
            return folder if near.startswith(osp.pardir) else near
    raise FileNotFoundError(f'`{package}` was installed without its configs')


class DemoError(RuntimeError):
    """Error raised when a step succeeds with an unexpected result."""


class Demo:
    """Run the steps whose results do not exist yet.

    Args:
        work_dir (str): Folder of everything but the rendered clips.
        config (str): Path of the model's config.

    Attributes:
        step (str): Name of the step that runs.
        seconds (dict): Duration of each step that ran.
    """

    def __init__(self, work_dir: str, config: str) -> None:
        self.work_dir = work_dir
        self.config = config
        self.step = ''
        self.seconds: dict = {}
        os.makedirs(work_dir, exist_ok=True)

    def run(self, fresh: bool = False, real: Optional[Path] = None) -> None:
        """Run all steps.

        Args:
            fresh (bool): Train again from the start.
            real (Path, optional): The drawn real video, for the report.

        Raises:
            JobError: If a command fails.
            DemoError: If the trained model is not clearly better than the
                untrained one.
        """
        self._render()
        first = self._untrained_checkpoint()
        untrained = self._evaluate(first, 'untrained')
        finished = osp.join(self.work_dir, f'epoch_{EPOCHS}.pth')
        if fresh or not osp.exists(finished):
            # goes on where an earlier call was stopped
            resume = [] if fresh else ['--resume', 'auto']
            self._step('training', self._mim(
                'train', '--work-dir', self.work_dir, *resume,
                '--cfg-options', *self._data(DATA, 'train', 'val'),
                f'train_cfg.max_epochs={EPOCHS}',
                f'param_scheduler.1.T_max={EPOCHS}',
                'default_hooks.logger.interval=5'))
        best = self._best_checkpoint()
        if best is None:
            raise DemoError('the training wrote no best checkpoint; see '
                            f'{self.work_dir}/training.log')
        trained = self._evaluate(best, 'test')
        drawn, video = self._draw(best)
        self._report(untrained, trained, drawn, best, video, real)

    def _render(self) -> None:
        for folder, options in RENDER.items():
            self._step(f'rendering {folder}', [
                sys.executable, '-m', 'mmpose_video.datasets.synthetic',
                folder, '--workers',
                str(os.cpu_count() or 1), *options.split()
            ])

    def _untrained_checkpoint(self) -> str:
        """Save the model as it is initialized."""
        path = osp.join(self.work_dir, 'untrained.pth')
        if not osp.exists(path):
            # only needed here: the import takes seconds
            from mmengine.config import Config
            from mmengine.logging import MMLogger
            from mmengine.registry import init_default_scope
            from mmengine.runner import save_checkpoint, set_random_seed
            from mmpose.registry import MODELS

            # otherwise each parameter's initialization is a line
            MMLogger.get_instance('demo', log_level=logging.ERROR)
            config = Config.fromfile(self.config)
            init_default_scope('mmpose')
            set_random_seed(0)
            model = MODELS.build(config.model)
            model.init_weights()
            save_checkpoint(
                dict(meta={}, state_dict=model.state_dict()), path)
        return path

    def _best_checkpoint(self) -> Optional[str]:
        found = glob.glob(osp.join(self.work_dir, 'best_*.pth'))
        return max(found, key=osp.getmtime) if found else None

    def _evaluate(self, checkpoint: str, name: str, data: str = DATA,
                  *options: str) -> dict:
        """Return the metrics of a checkpoint, by name."""
        folder = osp.join(self.work_dir, name)
        result = osp.join(self.work_dir, f'{name}.json')
        if not _newer(result, checkpoint):
            self._step(f'evaluation ({name})', self._mim(
                'test', '-C', checkpoint, '--work-dir', folder,
                '--cfg-options', *self._data(data, 'test'), *options))
            logs = glob.glob(osp.join(folder, '*', '*.json'))
            shutil.copyfile(max(logs, key=osp.getmtime), result)
        with open(result) as file:
            return json.load(file)

    def _draw(self, checkpoint: str) -> Any:
        """Predict the video with MMPose's script, and draw the poses.

        Returns:
            tuple: The metrics on the drawn video, and its path.
        """
        dump = osp.join(self.work_dir, 'predictions')
        metrics = self._evaluate(checkpoint, 'video_test', VIDEO,
                                 f'test_evaluator.dump_dir={dump}')
        videos = glob.glob(osp.join(self.work_dir, 'video', '*.mp4'))
        if videos and _newer(videos[0], checkpoint):
            return metrics, videos[0]
        from mmpose_video.datasets.body import PoseTrack18ClipDataset
        from mmpose_video.visualization.draw_posetrack import draw_video

        prediction, = glob.glob(osp.join(dump, '*.json'))
        metainfo = PoseTrack18ClipDataset(lazy_init=True).metainfo
        return metrics, draw_video(prediction, VIDEO, metainfo,
                                   osp.join(self.work_dir, 'video'))

    def _data(self, folder: str, *splits: str) -> List[str]:
        return [f'{split}_dataloader.dataset.data_root={folder}/'
                for split in splits]

    def _mim(self, command: str, *arguments: str) -> List[str]:
        mim = osp.join(osp.dirname(sys.executable), 'mim')
        return [mim, command, 'mmpose', self.config, *arguments]

    def _step(self, name: str, command: Sequence[str]) -> None:
        """Run a command, show its state, and keep its output in a file."""
        shown = [osp.basename(command[0]), *command[1:]]
        print(f'\n=== {name}\n$ {shlex.join(shown)}', flush=True)
        self.step = name
        log = osp.join(self.work_dir, re.sub(r'\W+', '_', name) + '.log')
        start = time.perf_counter()
        status = StatusLine(sys.stdout)
        last = ''

        def show(line: str) -> None:
            nonlocal last
            state = parse_run_state(line)
            if state is not None:
                last = state.describe(EPOCHS)
            elif ' clips' in line:
                last = line.strip()
            else:
                return
            if status.is_due():
                status.show(last)

        try:
            run_job(command, log, show)
        finally:
            if last:
                status.show(last)
            status.close()
        self.seconds[name] = time.perf_counter() - start
        print(f'done in {format_seconds(self.seconds[name])}', flush=True)

    def _report(self, untrained: dict, trained: dict, drawn: dict, best: str,
                video: str, real: Optional[Path]) -> None:
        spent = '\n'.join(f'  {format_seconds(value):>12}  {name}'
                          for name, value in self.seconds.items())
        before, after = untrained['posetrack/AP'], trained['posetrack/AP']
        shown = '' if real is None else f'real video        {real}\n'
        print(f"""
=== done
{spent}

AP (PoseTrack, in percent) with ground-truth boxes, untrained and trained:
  20 held-out rendered clips  {before:5.1f} {after:5.1f}
  the drawn video                   {drawn['posetrack/AP']:5.1f}

{shown}best checkpoint   {best}
video             {video}
pictures          {osp.dirname(video)}/*.jpg
predictions       {self.work_dir}/predictions/*.json (PoseTrack's layout)
logs              {self.work_dir}/*.log

next:
  your own video:     mmpose-video infer VIDEO
  train longer:       mim train mmpose {self.config} \\
                          --cfg-options train_cfg.max_epochs=30 \\
                          param_scheduler.1.T_max=30
  another method:     {osp.dirname(osp.dirname(self.config))}/*/*synthetic*
  your own PoseTrack: docs/datasets.md""")
        if after < before + 10:
            raise DemoError('the trained model is not clearly better than '
                            'the untrained one: please report this, with '
                            f'{self.work_dir}/training.log')


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _newer(path: str, than: str) -> bool:
    """Return whether a file exists and is newer than another."""
    return osp.exists(path) and osp.getmtime(path) > osp.getmtime(than)


if __name__ == '__main__':
    sys.exit(main())
