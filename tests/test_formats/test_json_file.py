"""Files that are complete or absent, and errors that name them."""
import errno
import json
import os
import stat

import pytest

from mmpose_video.formats import drafts, json_file
from mmpose_video.formats.drafts import draft_name
from mmpose_video.formats.json_file import (
    atomic_file,
    read_json,
    without_nan,
    write_json,
)


def test_round_trip(tmp_path):
    path = tmp_path / 'a/b/c.json'
    for indent in (None, 2):
        write_json(dict(a=[1, 2.5, None, 'é']), str(path), indent)
        assert read_json(str(path)) == dict(a=[1, 2.5, None, 'é'])
    assert os.listdir(path.parent) == ['c.json']


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = tmp_path / 'a.json'
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(str(path)) == dict(a=1)


@pytest.mark.parametrize('content', [
    b'', b'{"a": ', b'\xff\xfe', b'{"a": "\xe9"}', b'[1] 2', b'[' * 100000,
    b'[' + b'1' * 5000 + b']'])
def test_invalid_json_is_an_error_with_the_file(tmp_path, content):
    path = tmp_path / 'a.json'
    path.write_bytes(content)
    with pytest.raises(ValueError, match='a.json is '):
        read_json(str(path))


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.json'):
        read_json(str(tmp_path / 'none.json'))
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        read_json(str(tmp_path))


@pytest.mark.parametrize('error', [
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), KeyboardInterrupt(),
    ValueError('no json')])
def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch, error):
    path = tmp_path / 'a.json'
    write_json([1], str(path))

    def fail(descriptor):
        raise error

    monkeypatch.setattr(json_file.os, 'fsync', fail)
    with pytest.raises(type(error)) as caught:
        write_json([2], str(path))
    if isinstance(error, OSError):
        assert caught.value.errno == errno.ENOSPC
        assert str(path) in str(caught.value)
    assert json.loads(path.read_text()) == [1]
    assert os.listdir(tmp_path) == ['a.json']


def test_errors_of_the_caller_pass(tmp_path):
    with pytest.raises(FileNotFoundError, match='other'):
        with atomic_file(str(tmp_path / 'a.txt')):
            open(tmp_path / 'other')
    assert os.listdir(tmp_path) == []


def test_nan_becomes_null():
    nan = float('nan')
    assert without_nan(dict(a=nan, b=dict(c=1.5, d=nan), e='x')) == dict(
        a=None, b=dict(c=1.5, d=None), e='x')


def test_drafts_follow_no_link_and_are_never_shared(tmp_path, monkeypatch):
    path, other = tmp_path / 'a.json', tmp_path / 'other'
    other.write_text('mine')
    assert len({draft_name(str(path)) for _ in range(9)}) == 9
    monkeypatch.setattr(drafts.secrets, 'token_hex', lambda n: 'known')
    draft = tmp_path / 'a.json.known.part'
    assert draft_name(str(path)) == str(draft)
    draft.symlink_to(other)
    with pytest.raises(FileExistsError, match='a.json'):
        write_json([1], str(path))
    assert other.read_text() == 'mine' and not path.exists()


def test_long_names_have_a_draft(tmp_path):
    for name in ('a' * 250 + '.json', '\u00e9' * 125 + '.mp4'):
        path = tmp_path / name
        write_json([1], str(path))
        assert json.loads(path.read_text()) == [1]
        write_json([2], str(path))
        assert os.listdir(tmp_path) == [name]
        path.unlink()


def test_what_is_no_file_is_written_to(tmp_path):
    """It must not be replaced by a file, least of all `/dev/null`."""
    pipe = tmp_path / 'pipe'
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_json([1], str(pipe))
    assert os.read(reader, 99) == b'[1]'
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ['pipe']
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        write_json([1], str(tmp_path))
