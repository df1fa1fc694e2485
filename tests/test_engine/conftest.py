"""Run MMPose's scripts on a few rendered frames."""
import importlib
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmpose_video.datasets.synthetic import SyntheticConfig, generate

ROOT = Path(__file__).parents[2]
# Imports the package once; each training is forked from there.
FORKS = multiprocessing.get_context('forkserver')
FORKS.set_forkserver_preload(['mmpose_video'])


@pytest.fixture(scope='session')
def clips(tmp_path_factory):
    """A rendered dataset of a few frames."""
    return render(tmp_path_factory.mktemp('clips'), frames=5, labeled_every=2)


@pytest.fixture(scope='session')
def labeled_clips(tmp_path_factory):
    """Clips whose frames are all labeled, for PoseFix's frame before."""
    return render(tmp_path_factory.mktemp('labeled_clips'), frames=4,
                  labeled_every=1)


def render(folder, frames, labeled_every):
    """Render two clips for training and one for validation."""
    generate(
        str(folder),
        SyntheticConfig(
            width=160, height=120, train_videos=2, val_videos=1,
            frames=frames, people=(2, 2), difficulty='easy',
            labeled_every=labeled_every))
    return folder


@pytest.fixture
def write_config(tmp_path, clips):
    """Write a config of a small model on the clips, and return its path."""

    def write(text='', base='glsmamba/glsmamba_hrnet-tiny_1xb16-4e_synthetic'
              '-96x64.py'):
        path = tmp_path / 'config.py'
        path.write_text(f"""
_base_ = '{ROOT}/configs/{base}'
train_dataloader = dict(batch_size=4, num_workers=1, dataset=dict(
    data_root='{clips}/'))
val_dataloader = dict(batch_size=4, num_workers=0,
                      persistent_workers=False,
                      dataset=dict(data_root='{clips}/'))
test_dataloader = val_dataloader
val_evaluator = [dict(type='PoseTrackAP'),
                 dict(type='PCKAccuracy', thr=0.2)]
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=3, val_interval=3)
param_scheduler = [dict(type='LinearLR', start_factor=0.1,
                        end=6, by_epoch=False)]
env_cfg = dict(dist_cfg=dict(backend='gloo'))
{text}
""")
        return path

    return write


@pytest.fixture
def mim(tmp_path):
    """Call mim as a user does, from outside of the repository."""

    def call(*arguments, check=True, **env):
        done = subprocess.run(
            [sys.executable, '-m', 'mim', *map(str, arguments)],
            cwd=tmp_path, capture_output=True, text=True, timeout=900,
            env={**os.environ, 'OMP_NUM_THREADS': '1', **env})
        output = done.stdout + done.stderr
        if check:
            assert done.returncode == 0, output[-4000:]
        return done.returncode, output

    return call


@pytest.fixture(scope='session')
def fork():
    """Call ``train`` of a module in a process that may be killed.

    Returns the exit status. The other process cannot import test modules,
    but finds a module beside them.
    """

    def call(module, *args, **kwargs):
        process = FORKS.Process(
            target=importlib.import_module(module).train,
            args=args, kwargs=kwargs)
        process.start()
        process.join()
        return process.exitcode

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        yield call


def read_metrics(work_dir):
    """Return the last evaluation in a work directory."""
    log = max(Path(work_dir).glob('*/vis_data/scalars.json'),
              key=os.path.getmtime)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if 'posetrack/AP' in line][-1]
