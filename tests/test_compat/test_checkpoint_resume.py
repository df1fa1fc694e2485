"""Which checkpoint a training resumes from."""
import contextlib
import os

import pytest
import torch
from mmengine.runner import Runner, find_latest_checkpoint

from mmpose_video.compat.checkpoint_resume import find_fault


def content(step):
    hub = dict(log_scalars={}, runtime_info=dict(best_score=.5),
               resumed_keys={})
    return dict(meta=dict(epoch=step, iter=step), message_hub=hub,
                state_dict=dict(weight=torch.full((200, ), float(step))))


@pytest.fixture
def run(tmp_path):
    """A work directory with three checkpoints and a best one."""
    folder = tmp_path / 'run'
    folder.mkdir()
    for step in (9, 10, 11):
        torch.save(content(step), folder / f'epoch_{step}.pth')
    torch.save(content(12), folder / 'best_AP_epoch_12.pth')
    point_at(folder, folder / 'epoch_11.pth')
    return folder


def point_at(folder, path):
    (folder / 'last_checkpoint').write_text(str(path))


def truncate(path, size):
    os.truncate(path, size)


def test_the_recorded_checkpoint_is_taken(run, warned):
    assert find_latest_checkpoint(str(run)) == str(run / 'epoch_11.pth')
    point_at(run, run / 'epoch_10.pth')  # a later one is of another training
    assert find_latest_checkpoint(str(run)) == str(run / 'epoch_10.pth')
    assert not warned


@pytest.mark.parametrize('share', [0, .01, .3, .6, .9, .999])
def test_truncated_checkpoints_are_passed_over(share, run, warned):
    path = run / 'epoch_11.pth'
    truncate(path, int(share * path.stat().st_size))
    assert find_latest_checkpoint(str(run)) == str(run / 'epoch_10.pth')
    text, = warned
    assert f'{path} cannot be resumed from: it is' in text
    assert f'goes on from {run / "epoch_10.pth"}' in text


def test_a_flipped_bit_is_found(run):
    path = run / 'epoch_11.pth'
    data = bytearray(path.read_bytes())
    place = data.index(torch.full((200, ), 11.).numpy().tobytes())
    data[place + 100] ^= 1
    path.write_bytes(data)
    assert 'damaged' in find_fault(path)
    assert find_latest_checkpoint(str(run)) == str(run / 'epoch_10.pth')


@pytest.mark.parametrize('text', ['', '\n', '/nowhere/epoch_7.pth', '\0',
                                  '\udcff', 'epo'])
def test_a_useless_pointer_is_passed_over(text, run, warned):
    (run / 'last_checkpoint').write_bytes(
        text.encode(errors='surrogateescape'))
    assert find_latest_checkpoint(str(run)) == str(run / 'epoch_11.pth')
    assert f'{run / "last_checkpoint"} ' in warned[-1]


def test_a_moved_folder_is_resumed(run, tmp_path):
    moved = tmp_path / 'moved'
    run.rename(moved)
    assert find_latest_checkpoint(str(moved)) == str(moved / 'epoch_11.pth')


def test_checkpoints_that_lack_something_are_passed_over(run):
    torch.save(dict(state_dict={}), run / 'epoch_11.pth')
    torch.save([1], run / 'epoch_10.pth')
    assert find_fault(run / 'epoch_11.pth') == 'it lacks meta, message_hub'
    assert find_latest_checkpoint(str(run)) == str(run / 'epoch_9.pth')


@pytest.mark.parametrize('path, value', [
    (('meta', ), None), (('meta', 'epoch'), '1'), (('meta', 'epoch'), -1),
    (('meta', 'iter'), None), (('meta', 'seed'), 'abc'),
    (('state_dict', ), 'x'), (('optimizer', ), 'x'),
    (('param_schedulers', ), 3), (('message_hub', ), None),
    (('message_hub', 'log_scalars'), []),
    (('message_hub', 'runtime_info', 'best_score'), 'x')])
def test_entries_of_another_type_are_passed_over(path, value, run, warned):
    found = content(11)
    *above, last = path
    part = found
    for key in above:
        part = part[key]
    part[last] = value
    torch.save(found, run / 'epoch_11.pth')
    name = '.'.join(path)
    assert find_fault(run / 'epoch_11.pth') == (
        f'its {name} is not what a training saves')
    assert find_latest_checkpoint(str(run)) == str(run / 'epoch_10.pth')
    runner = Runner.__new__(Runner)
    with pytest.raises(ValueError, match=f'epoch_11.pth cannot be .*{name}'):
        runner.resume(str(run / 'epoch_11.pth'))


def test_nothing_intact_is_an_error_that_names_all(run):
    for path in run.glob('epoch_*'):
        truncate(path, 100)
    with pytest.raises(RuntimeError) as error:
        find_latest_checkpoint(str(run))
    for step in (9, 10, 11):
        assert f'epoch_{step}.pth cannot be resumed from' in str(error.value)
    assert 'best' not in str(error.value)


def test_a_new_training_begins_anew(tmp_path, warned):
    assert find_latest_checkpoint(str(tmp_path)) is None
    (tmp_path / 'last_checkpoint').touch()
    assert find_latest_checkpoint(str(tmp_path)) is None
    assert 'last_checkpoint is empty' in warned[-1]


def test_drafts_of_a_killed_process_are_deleted(run):
    for name in ('epoch_12.pth.0123abcd.part',
                 'last_checkpoint.01234567.part'):
        (run / name).write_bytes(b'PK')
    (run / 'mine.part').touch()
    find_latest_checkpoint(str(run))
    assert [path.name for path in run.glob('*.part')] == ['mine.part']


def test_a_start_that_hides_the_newest_is_told(run, tmp_path, warned):
    """MMPose's script merges ``load_from=START`` after ``--resume``."""
    start = tmp_path / 'start' / 'epoch_8.pth'
    start.parent.mkdir()
    torch.save(content(8), start)
    runner = Runner.__new__(Runner)
    runner._work_dir = str(run)
    for named in (run / 'epoch_10.pth', start):
        with contextlib.suppress(AttributeError):  # it has no model
            runner.resume(str(named))
    text, = warned
    assert f'goes on from {start}' in text
    assert f'not from {run / "epoch_11.pth"}' in text
