"""A training that was killed and resumed ends with the same weights."""
import signal
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
#: The small configs of the projects, those that are to be trained.
PROJECTS = sorted((ROOT / 'projects').glob('*/configs/*_synthetic-*.py'))
EPOCHS = 3
TRAIN_ONLY = f"""
train_cfg = dict(max_epochs={EPOCHS}, val_interval={EPOCHS})
val_cfg = val_dataloader = val_evaluator = None
default_hooks = dict(checkpoint=dict(save_best=None))
"""
# DCPose's neighbors and those of the rest are drawn at random
RANDOM_CLIPS = """
clip = dict(type='RandomOffsets', num_before={n}, num_after={n},
            max_distance=3, _delete_=True)
train_dataloader['dataset']['clip_sampler'] = clip
"""


def last(work_dir):
    return torch.load(
        work_dir / f'epoch_{EPOCHS}.pth', weights_only=False)


def method_config(method, write_config):
    text = TRAIN_ONLY
    if method in ('glsmamba', 'dcpose'):
        text += RANDOM_CLIPS.format(n=1 if method == 'dcpose' else 2)
    return write_config(
        text, f'{method}/{method}_hrnet-tiny_1xb16-4e_synthetic-96x64.py')


def check(config, fork, folder, worker_counts=(0, 2)):
    def train(work_dir, **kwargs):
        return fork('killed_training', str(config), str(work_dir), **kwargs)

    assert train(folder / 'whole') == 0
    whole = last(folder / 'whole')
    expected = whole['state_dict']
    per_epoch = whole['meta']['iter'] // EPOCHS
    assert per_epoch >= 2, 'too few iterations to be killed between epochs'

    for workers in worker_counts:
        cut = folder / f'cut{workers}'
        assert train(cut, workers=workers,
                     kill_at=per_epoch + 2) == -signal.SIGKILL
        assert train(cut, workers=workers, resume=True) == 0
        resumed = last(cut)['state_dict']
        assert expected.keys() == resumed.keys()
        differ = [name for name, value in expected.items()
                  if not torch.equal(value, resumed[name])]
        assert not differ, (
            f'workers={workers}: {len(differ)} of {len(expected)} tensors '
            f'differ: {differ[:5]}')


@pytest.mark.slow
def test_killed_and_resumed_ends_with_the_same_weights(
        write_config, fork, tmp_path):
    check(method_config('diffpose', write_config), fork, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize('method', ['dcpose', 'fami', 'glsmamba', 'tdmi'])
def test_each_method_resumes(method, write_config, fork, tmp_path):
    check(method_config(method, write_config), fork, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize('path', PROJECTS, ids=lambda path: path.stem)
def test_each_project_resumes(path, labeled_clips, write_config, fork,
                              tmp_path, monkeypatch):
    # the forked processes import `projects` as this one does
    monkeypatch.syspath_prepend(str(ROOT))
    config = write_config(
        TRAIN_ONLY + f"""
train_dataloader['dataset'].update(data_root='{labeled_clips}/')
""", f'../{path.relative_to(ROOT)}')
    # the methods above show that workers make no difference
    check(config, fork, tmp_path, worker_counts=(2, ))
