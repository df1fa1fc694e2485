"""A validation that was cut runs when the training resumes."""
import os
from pathlib import Path

import pytest
import torch
from mmengine.logging import MessageHub

from .cut_training import EPOCHS, SCORES, make_runner

BEST = 'best_a_AP_epoch_2.pth'


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def forget():
    yield
    MessageHub._instance_dict.clear()


def train(folder, resume=False, killed_at=None, **settings):
    """Train; returns after which iterations it validated."""
    runner = make_runner(folder, resume, **settings)
    run, validated = runner.val_loop.run_iter, []

    def run_iter(*args):
        run(*args)
        validated.append(runner.iter)
        if killed_at == runner.iter:
            raise Killed

    runner.build_val_loop(runner.val_loop).run_iter = run_iter
    if killed_at is None:
        runner.train()
    else:
        with pytest.raises(Killed):
            runner.train()
    MessageHub._instance_dict.clear()
    return validated[::2]  # of two batches each


def hub(path):
    return torch.load(path, weights_only=False)['message_hub']['runtime_info']


@pytest.mark.parametrize('by_epoch', [True, False])
@pytest.mark.parametrize('epoch', range(1, EPOCHS + 1))
def test_a_cut_validation_runs_on_resume(epoch, by_epoch, tmp_path):
    train(tmp_path, killed_at=2 * epoch, by_epoch=by_epoch)
    again = train(tmp_path, resume=True, by_epoch=by_epoch)
    assert again == list(range(2 * epoch, 2 * EPOCHS + 1, 2))
    name, last = ('epoch_{}', EPOCHS) if by_epoch else ('iter_{}', 2 * EPOCHS)
    best = name.format(2 if by_epoch else 4)
    assert [path.stem for path in tmp_path.glob('best*')] == [
        f'best_a_AP_{best}']
    info = hub(tmp_path / f'{name.format(last)}.pth')
    assert info['best_score'] == pytest.approx(max(SCORES))
    assert Path(info['best_ckpt']).stem == f'best_a_AP_{best}'


def test_without_the_hook_the_best_is_lost(tmp_path):
    train(tmp_path, killed_at=4, hook=False)
    assert train(tmp_path, resume=True, hook=False) == [6]
    assert not (tmp_path / BEST).exists()


def test_a_complete_validation_is_not_repeated(tmp_path):
    # the second one brings a new best, the third one does not
    assert train(tmp_path) == [2, 4, 6]
    assert train(tmp_path, resume=True) == []
    for name in ('epoch_3.pth', 'last_checkpoint'):
        (tmp_path / name).unlink()
    assert train(tmp_path, resume=True) == [6]


@pytest.mark.parametrize('size', [None, 0, 500])
def test_a_broken_best_is_written_again(size, tmp_path):
    train(tmp_path)
    expected = torch.load(tmp_path / BEST, weights_only=False)
    break_file(tmp_path / BEST, size)
    train(tmp_path, resume=True)
    found = torch.load(tmp_path / BEST, weights_only=False)
    assert found.keys() == expected.keys()
    torch.testing.assert_close(
        found['state_dict'], expected['state_dict'], rtol=0, atol=0)


def test_a_lost_best_is_forgotten(tmp_path):
    # of the second epoch, whose own checkpoint is gone as well
    train(tmp_path, max_keep_ckpts=1)
    (tmp_path / BEST).unlink()
    train(tmp_path, resume=True, max_keep_ckpts=1)
    assert 'best_score' in hub(tmp_path / 'epoch_3.pth')
    runner = make_runner(tmp_path, resume=True, max_keep_ckpts=1)
    runner.train()
    info = runner.message_hub.runtime_info
    assert 'best_score' not in info and 'best_ckpt' not in info


def break_file(path, size):
    if size is None:
        path.unlink()
    else:
        os.truncate(path, size)
