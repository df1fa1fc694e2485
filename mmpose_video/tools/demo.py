"""The main job, end to end, on clips that the package renders.

Renders clips, trains a small GLSMamba with the stock script, compares its
average precision with that of an untrained model, and draws the poses of a
video that it has not seen::

    python -m mmpose_video.tools.demo --work-dir work_dirs/demo
"""
import argparse
import glob
import json
import os
import os.path as osp
import re
import shlex
import shutil
import subprocess
import sys
import time
from typing import List, Optional, Sequence

REPOSITORY = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
CONFIG = 'configs/glsmamba/glsmamba_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
DATA = 'data/synthetic/hard'
VIDEO = 'data/synthetic/demo'
#: The rendered sets, as docs/synthetic.md tells users to make them.
RENDER = {
    DATA: '--videos 150 --val-videos 30 --frames 16 --labeled-every 4',
    VIDEO: '--videos 0 --val-videos 1 --frames 50 --seed 2',
}
#: Enough to be clearly better than untrained, in a few minutes of two cores.
EPOCHS = 3
_SHOWN = re.compile(r'Epoch\(train\)|posetrack/AP|Error|clips')


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video demo',
        description='Train, test and draw a small model on rendered clips.')
    parser.add_argument('--work-dir', default='work_dirs/demo')
    parser.add_argument('--config', default=CONFIG)
    parser.add_argument(
        '--fresh', action='store_true', help='train again from the start')
    args = parser.parse_args(argv)
    os.chdir(REPOSITORY)
    Demo(args.work_dir, args.config).run(args.fresh)


class Demo:
    """The steps, each skipped where its result is there.

    Args:
        work_dir (str): Where everything but the rendered clips goes.
        config (str): Path of the model's config.
    """

    def __init__(self, work_dir: str, config: str) -> None:
        self.work_dir = work_dir
        self.config = config
        self.seconds: dict = {}
        os.makedirs(work_dir, exist_ok=True)

    def run(self, fresh: bool = False) -> None:
        """Run all steps."""
        self._render()
        untrained = self._evaluate(self._untrained_checkpoint(), 'untrained')
        finished = osp.join(self.work_dir, f'epoch_{EPOCHS}.pth')
        if fresh or not osp.exists(finished):
            # goes on where an earlier call was stopped
            resume = [] if fresh else ['--resume', 'auto']
            self._step('training', self._mim(
                'train', '--work-dir', self.work_dir, *resume,
                '--cfg-options', f'train_cfg.max_epochs={EPOCHS}',
                f'param_scheduler.1.T_max={EPOCHS}'))
        best = self._best_checkpoint()
        assert best is not None, 'the training wrote no best checkpoint'
        trained = self._evaluate(best, 'test')
        video = self._draw(best)
        self._report(untrained, trained, best, video)

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
            from mmengine.registry import init_default_scope
            from mmengine.runner import save_checkpoint
            from mmpose.registry import MODELS
            config = Config.fromfile(self.config)
            init_default_scope('mmpose')
            model = MODELS.build(config.model)
            model.init_weights()
            save_checkpoint(
                dict(meta={}, state_dict=model.state_dict()), path)
        return path

    def _best_checkpoint(self) -> Optional[str]:
        found = glob.glob(osp.join(self.work_dir, 'best_*.pth'))
        return max(found, key=osp.getmtime) if found else None

    def _evaluate(self, checkpoint: str, name: str) -> float:
        """Average precision of a checkpoint on the held-out clips."""
        folder = osp.join(self.work_dir, name)
        result = osp.join(self.work_dir, f'{name}.json')
        if _newer(result, checkpoint):
            with open(result) as file:
                return float(json.load(file)['posetrack/AP'])
        self._step(f'evaluation ({name})', self._mim(
            'test', '-C', checkpoint, '--work-dir', folder))
        logs = glob.glob(osp.join(folder, '*', '*.json'))
        shutil.copyfile(max(logs, key=osp.getmtime), result)
        return self._evaluate(checkpoint, name)

    def _draw(self, checkpoint: str) -> str:
        """Predict a new video with the stock script, and draw it."""
        from mmpose_video.datasets.body import PoseTrack18ClipDataset
        from mmpose_video.visualization.draw_posetrack import draw_video
        dump = osp.join(self.work_dir, 'predictions')
        videos = glob.glob(osp.join(self.work_dir, 'video', '*.mp4'))
        if videos and _newer(videos[0], checkpoint):
            return videos[0]
        self._step('predicting a video', self._mim(
            'test', '-C', checkpoint, '--work-dir',
            osp.join(self.work_dir, 'video_test'), '--cfg-options',
            f'test_dataloader.dataset.data_root={VIDEO}',
            f'test_evaluator.dump_dir={dump}'))
        prediction, = glob.glob(osp.join(dump, '*.json'))
        metainfo = PoseTrack18ClipDataset(lazy_init=True).metainfo
        return draw_video(prediction, VIDEO, metainfo,
                          osp.join(self.work_dir, 'video'))

    def _mim(self, command: str, *arguments: str) -> List[str]:
        mim = osp.join(osp.dirname(sys.executable), 'mim')
        return [mim, command, 'mmpose', self.config, *arguments]

    def _step(self, name: str, command: Sequence[str]) -> None:
        """Run a command, show what matters, keep all in a log file."""
        shown = [osp.basename(command[0]), *command[1:]]
        print(f'\n=== {name}\n$ {shlex.join(shown)}', flush=True)
        log = osp.join(self.work_dir, re.sub(r'\W+', '_', name) + '.log')
        start = time.perf_counter()
        with open(log, 'w') as file:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True)
            assert process.stdout is not None
            for line in process.stdout:
                file.write(line)
                if _SHOWN.search(line):
                    print(line.rstrip(), flush=True)
        if process.wait():
            with open(log) as file:
                tail = file.readlines()[-30:]
            raise SystemExit(f'{"".join(tail)}\n{name} failed; all of its '
                             f'output is in {log}')
        self.seconds[name] = time.perf_counter() - start

    def _report(self, untrained: float, trained: float, best: str,
                video: str) -> None:
        spent = '\n'.join(f'  {value:6.0f} s  {name}'
                          for name, value in self.seconds.items())
        print(f"""
=== done
{spent}

AP (PoseTrack, in percent) on 30 held-out rendered clips, ground-truth boxes:
  untrained {untrained:.1f}, trained {trained:.1f}

best checkpoint   {best}
pictures          {osp.dirname(video)}/*.jpg
video             {video}
predictions       {self.work_dir}/predictions/*.json (PoseTrack's layout)
logs              {self.work_dir}/*.log

next:
  train longer:       mim train mmpose {self.config} \\
                          --cfg-options train_cfg.max_epochs=30 \\
                          param_scheduler.1.T_max=30
  another method:     ls configs/*/*synthetic*
  your own PoseTrack: docs/datasets.md""")
        if trained < untrained + 10:
            raise SystemExit('the trained model is not clearly better than '
                             'the untrained one: please report this, with '
                             f'{self.work_dir}/training.log')


def _newer(path: str, than: str) -> bool:
    """Whether a file is there and younger than another."""
    return osp.exists(path) and osp.getmtime(path) > osp.getmtime(than)


if __name__ == '__main__':
    main()
