"""A kill at any time leaves checkpoints that a training resumes from."""
import signal
from pathlib import Path

import pytest
import torch

from mmpose_video.compat.checkpoint_resume import find_fault

KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)


def load(path):
    return torch.load(path, weights_only=False)


@pytest.fixture(scope='module')
def whole(tmp_path_factory, fork):
    """A training that ran through."""
    folder = tmp_path_factory.mktemp('whole')
    assert fork('cut_training', folder) == 0
    return folder


def check_equal(folder, whole):
    """Check files, weights and optimizer of a training that has ended."""
    names = {path.name for path in folder.glob('*.pth')}
    assert names == {'epoch_2.pth', 'epoch_3.pth', 'best_a_AP_epoch_2.pth'}
    assert not list(folder.glob('*.part'))
    assert Path((folder / 'last_checkpoint').read_text()) == (
        folder / 'epoch_3.pth')
    for name in names:
        assert find_fault(folder / name) is None
        found, expected = load(folder / name), load(whole / name)
        assert found.keys() == expected.keys()
        assert found.get('param_schedulers') == expected.get(
            'param_schedulers')
        for key in ('state_dict', 'optimizer'):
            torch.testing.assert_close(
                found.get(key), expected.get(key), rtol=0, atol=0)
        hub = found['message_hub']['runtime_info']
        assert hub['best_score'] == pytest.approx(.5)
        assert Path(hub['best_ckpt']).name == 'best_a_AP_epoch_2.pth'


def kill_and_resume(fork, folder, whole, **cut):
    status = fork('cut_training', folder, **cut)
    # near the end nothing may be left to write that is long enough
    assert status in KILLED or 'max_bytes' in cut and status == 0
    for path in folder.glob('*.pth'):
        assert find_fault(path) is None
    assert fork('cut_training', folder, resume=True) == 0
    check_equal(folder, whole)


def positions(step):
    """The training opens, renames and deletes 86 times."""
    return pytest.mark.parametrize('kill_at', range(6, 86, step))


@positions(step=13)
def test_killed_between_two_writes(kill_at, fork, whole, tmp_path):
    kill_and_resume(fork, tmp_path, whole, kill_at=kill_at)


@positions(step=19)
@pytest.mark.parametrize('max_bytes', [1, 4000])
def test_killed_within_a_write(kill_at, max_bytes, fork, whole, tmp_path):
    kill_and_resume(fork, tmp_path, whole, kill_at=kill_at,
                    max_bytes=max_bytes)


@pytest.mark.slow
@positions(step=2)
def test_killed_anywhere(kill_at, fork, whole, tmp_path):
    kill_and_resume(fork, tmp_path / 'a', whole, kill_at=kill_at)
    kill_and_resume(fork, tmp_path / 'b', whole, kill_at=kill_at,
                    max_bytes=2000)
