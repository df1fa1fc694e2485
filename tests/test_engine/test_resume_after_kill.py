"""A training that was killed and resumed ends with the same weights."""
import multiprocessing
import signal
from pathlib import Path

import pytest
import torch

EPOCHS = 3
# Imports the package once; each training is forked from there.
FORKS = multiprocessing.get_context('forkserver')
FORKS.set_forkserver_preload(['mmpose_video'])

TRAIN_ONLY = f"""
train_cfg = dict(max_epochs={EPOCHS}, val_interval={EPOCHS})
val_cfg = val_dataloader = val_evaluator = None
default_hooks = dict(checkpoint=dict(save_best=None))
"""
# DCPose's neighbours and those of the rest are drawn at random
RANDOM_CLIPS = """
clip = dict(type='RandomOffsets', num_before={n}, num_after={n},
            max_distance=3, _delete_=True)
train_dataloader['dataset']['clip_sampler'] = clip
"""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let the other process find ``killed_training.py``."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def train(config, work_dir, workers=0, kill_at=None, resume=False):
    """Train in a process of its own; returns its exit status."""
    import killed_training

    process = FORKS.Process(
        target=killed_training.train,
        args=(str(config), str(work_dir), workers, kill_at, resume))
    process.start()
    process.join()
    return process.exitcode


def last(work_dir):
    return torch.load(
        work_dir / f'epoch_{EPOCHS}.pth', weights_only=False)


def check(method, write_config, folder):
    text = TRAIN_ONLY
    if method in ('glsmamba', 'dcpose'):
        text += RANDOM_CLIPS.format(n=1 if method == 'dcpose' else 2)
    config = write_config(
        text, f'{method}/{method}_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    assert train(config, folder / 'whole') == 0
    whole = last(folder / 'whole')
    expected = whole['state_dict']
    per_epoch = whole['meta']['iter'] // EPOCHS
    assert per_epoch >= 2, 'too few iterations to be killed between epochs'

    for workers in (0, 2):
        cut = folder / f'cut{workers}'
        assert train(config, cut, workers,
                     kill_at=per_epoch + 2) == -signal.SIGKILL
        assert train(config, cut, workers, resume=True) == 0
        resumed = last(cut)['state_dict']
        assert expected.keys() == resumed.keys()
        differ = [name for name, value in expected.items()
                  if not torch.equal(value, resumed[name])]
        assert not differ, (
            f'workers={workers}: {len(differ)} of {len(expected)} tensors '
            f'differ: {differ[:5]}')


def test_killed_and_resumed_ends_with_the_same_weights(
        write_config, tmp_path):
    check('diffpose', write_config, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize('method', ['dcpose', 'fami', 'glsmamba', 'tdmi'])
def test_each_method_resumes(method, write_config, tmp_path):
    check(method, write_config, tmp_path)
