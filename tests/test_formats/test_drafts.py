"""Drafts of killed processes go, those of living ones stay."""
import multiprocessing
import os
import signal

import pytest

from mmpose_video.formats import drafts
from mmpose_video.formats.drafts import (
    Draft,
    draft_of,
    remove_all_left,
    remove_left,
)

KINDS = [dict(), dict(folder=True), dict(boxed=True)]


def write_and_wait(connection, path, kind):
    """Write a draft, and wait to be told that it is complete."""
    draft = Draft(str(path), **kind)
    fill(draft.name, 'theirs')
    connection.send(os.path.basename(draft._draft))
    connection.recv()
    draft.finish()
    draft.close()


def fill(name, text):
    where = os.path.join(name, 'a') if os.path.isdir(name) else name
    with open(where, 'w') as file:
        file.write(text)


@pytest.fixture
def start():
    """Start processes that write a draft; return them and its name."""
    context = multiprocessing.get_context('fork')
    processes = []

    def run(path, kind):
        here, there = context.Pipe()
        process = context.Process(
            target=write_and_wait, args=(there, path, kind), daemon=True)
        process.start()
        processes.append(process)
        return process, here, here.recv()

    yield run
    for process in processes:
        process.kill()
        process.join()


def kill(process):
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.fixture
def said(monkeypatch):
    """Return what is logged by a process that has seen no folder so far."""
    lines = []
    monkeypatch.setattr(drafts, 'print_log',
                        lambda text, logger: lines.append(text))
    monkeypatch.setattr(drafts, '_FOUND', {})
    return lines


def write(path, **kind):
    with draft_of(str(path), **kind) as draft:
        fill(draft, 'mine')


@pytest.mark.parametrize('kind', KINDS)
def test_killed_and_living(tmp_path, start, said, kind):
    path, other = tmp_path / 'clip.mp4', tmp_path / 'other.mp4'
    process, _, _ = start(path, kind)
    kill(process)
    alive, connection, held = start(path, kind)
    # it has removed the first one
    assert os.listdir(tmp_path) == [held]
    process, _, left = start(other, kind)
    kill(process)

    write(path, **kind)
    # neither the draft of a living process, nor that of another file
    assert set(os.listdir(tmp_path)) == {'clip.mp4', held, left}
    assert not said
    write(other, **kind)
    assert set(os.listdir(tmp_path)) == {'clip.mp4', held, 'other.mp4'}
    assert said == [
        f'removed `{tmp_path / left}`, which a killed run has left']

    connection.send('complete')
    alive.join()
    assert alive.exitcode == 0
    assert sorted(os.listdir(tmp_path)) == ['clip.mp4', 'other.mp4']
    found = path / 'a' if kind.get('folder') else path
    assert found.read_text() == 'theirs'


def test_only_drafts_are_removed(tmp_path, said):
    names = ['a.json', 'a.json.part', 'a.json.12345678.par',
             'a.json.1234567.part', 'a.json.1234567g.part', 'a.mp4.part',
             'b.json.12345678.part', 'c']
    for name in names:
        (tmp_path / name).write_text('1')
    for name in ('a.json.00000001.part', 'a.json.00000002.part'):
        os.symlink(tmp_path / 'c', tmp_path / name)  # of someone else
        names.append(name)
    (tmp_path / 'a.json.abcdef00.part').write_text('1')
    (tmp_path / 'a.json.abcdef01.part').mkdir()
    (tmp_path / 'a.json.abcdef01.part' / 'a.json').write_text('1')
    remove_left(str(tmp_path / 'a.json'))
    assert set(os.listdir(tmp_path)) == set(names) and len(said) == 2
    remove_all_left(str(tmp_path))
    names.remove('b.json.12345678.part')
    assert set(os.listdir(tmp_path)) == set(names) and len(said) == 3
    assert (tmp_path / 'c').read_text() == '1'
    remove_all_left(str(tmp_path / 'nowhere'))


def test_own_drafts_stay(tmp_path, said):
    """Also where the system would give a process its own lock again."""
    with draft_of(str(tmp_path / 'a')) as draft:
        remove_left(str(tmp_path / 'a'))
        remove_all_left(str(tmp_path))
        write(tmp_path / 'a')
        assert os.path.exists(draft)
    assert os.listdir(tmp_path) == ['a'] and not said


def test_one_look_per_folder(tmp_path, said, monkeypatch):
    looks = []
    listdir = os.listdir
    monkeypatch.setattr(drafts.os, 'listdir',
                        lambda path: looks.append(path) or listdir(path))
    for number in range(20):
        write(tmp_path / 'new' / f'{number}.txt')
    assert looks == [str(tmp_path / 'new')]


def test_a_draft_that_is_removed_before_it_is_locked(tmp_path, monkeypatch):
    lock = drafts._lock
    made = []

    def late(name, wait=False):
        made.append(name)
        handle = lock(name, wait)
        if len(made) == 1:  # as a process that looks for drafts does
            os.remove(name)
        return handle

    monkeypatch.setattr(drafts, '_lock', late)
    write(tmp_path / 'a')
    assert len(set(made)) == 2 and (tmp_path / 'a').read_text() == 'mine'


@pytest.mark.parametrize('has_fcntl', [False, True])
def test_without_locks(tmp_path, said, monkeypatch, has_fcntl):
    """Files are written, and no draft is removed: it may be written to."""
    left = tmp_path / 'a.12345678.part'
    left.write_text('1')

    def flock(handle, operation):
        raise OSError('no locks available')

    if has_fcntl:
        monkeypatch.setattr(drafts.fcntl, 'flock', flock)
    else:
        monkeypatch.setattr(drafts, 'fcntl', None)
    write(tmp_path / 'a')
    assert (tmp_path / 'a').read_text() == 'mine' and left.exists()


@pytest.mark.parametrize('kind', KINDS)
def test_an_error_leaves_the_earlier_one(tmp_path, kind):
    path = tmp_path / 'a.txt'
    write(path, **kind)
    with pytest.raises(KeyError), draft_of(str(path), **kind) as draft:
        assert draft != str(path)
        raise KeyError
    found = path / 'a' if kind.get('folder') else path
    assert found.read_text() == 'mine' and os.listdir(tmp_path) == ['a.txt']
    # and a whole one takes its place
    write(path, **kind)
    assert found.read_text() == 'mine' and os.listdir(tmp_path) == ['a.txt']


@pytest.mark.parametrize('kind', KINDS)
def test_an_error_names_the_path(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(drafts, 'draft_name', lambda path: str(tmp_path))
    with pytest.raises(FileExistsError) as error:
        Draft(str(tmp_path / 'a'), **kind)
    assert error.value.filename == str(tmp_path / 'a')
