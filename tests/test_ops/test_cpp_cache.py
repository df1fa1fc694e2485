import os
import stat

import pytest

from mmpose_video.ops import cpp_cache
from mmpose_video.ops.cpp_cache import (
    CacheError,
    KernelCache,
    cache_directory,
)

pytestmark = pytest.mark.skipif(os.name != 'posix', reason='POSIX only')


@pytest.fixture
def cache(tmp_path):
    with KernelCache(tmp_path / 'kernels', create=True) as cache:
        cache.store('a.so', b'kernel')
        yield cache


def test_what_is_stored_is_loaded(cache):
    assert cache.load('a.so') == b'kernel'
    assert cache.load('b.so') is None
    cache.store('a.so', b'other')
    assert cache.load('a.so') == b'other'
    cache.store('aa.so', b'')
    assert cache.load('aa.so') == b''
    assert cache.names('a') == ['a.so', 'aa.so']
    assert cache.names('aa') == ['aa.so']


def test_directory_and_files_are_private(cache):
    old = os.umask(0)
    try:
        cache.store('a.so', b'kernel')
        with KernelCache(cache.path.parent / 'new', create=True) as new:
            assert stat.S_IMODE(new.path.stat().st_mode) == 0o700
    finally:
        os.umask(old)
    assert stat.S_IMODE((cache.path / 'a.so').stat().st_mode) == 0o600
    assert sorted(os.listdir(cache.path)) == ['a.so']


@pytest.mark.parametrize('mode', [0o777, 0o770, 0o702])
def test_directory_that_others_can_write_to_is_refused(cache, mode):
    cache.path.chmod(mode)
    with pytest.raises(CacheError, match=f'mode {mode:o}.*chmod 700'):
        KernelCache(cache.path)


def test_directory_that_others_can_read_is_accepted(cache):
    cache.path.chmod(0o755)
    with KernelCache(cache.path) as again:
        assert again.load('a.so') == b'kernel'


@pytest.mark.parametrize('create', [False, True])
def test_directory_behind_a_link_is_refused(cache, tmp_path, create):
    link = tmp_path / 'link'
    link.symlink_to(cache.path)
    with pytest.raises(CacheError, match='link'):
        KernelCache(link, create)
    link.unlink()
    link.write_text('')
    with pytest.raises(CacheError, match='link|exists'):
        KernelCache(link, create)


def test_missing_directory_is_made_only_on_demand(tmp_path):
    path = tmp_path / 'a' / 'b'
    with pytest.raises(CacheError, match='No such file'):
        KernelCache(path)
    assert not path.parent.exists()
    with KernelCache(path, create=True):
        assert path.is_dir()


def test_other_users_are_refused(cache, monkeypatch):
    mine = os.geteuid()
    monkeypatch.setattr(cpp_cache.os, 'geteuid', lambda: mine + 1)
    with pytest.raises(CacheError, match=f'another user .id {mine}'):
        cache.load('a.so')
    with pytest.raises(CacheError, match=f'another user .id {mine}'):
        KernelCache(cache.path)


def test_file_that_others_can_write_to_is_refused(cache):
    (cache.path / 'a.so').chmod(0o777)
    with pytest.raises(CacheError, match='mode 777'):
        cache.load('a.so')


@pytest.mark.parametrize('length', [0, 1, 20, 37])
def test_truncated_file_is_refused(cache, length):
    assert (cache.path / 'a.so').stat().st_size == 38
    os.truncate(cache.path / 'a.so', length)
    with pytest.raises(CacheError, match='not what was stored'):
        cache.load('a.so')


def test_changed_and_renamed_files_are_refused(cache):
    path = cache.path / 'a.so'
    path.rename(cache.path / 'b.so')
    with pytest.raises(CacheError, match='not what was stored'):
        cache.load('b.so')
    (cache.path / 'b.so').rename(path)
    assert cache.load('a.so') == b'kernel'
    with open(path, 'r+b') as file:
        file.write(b'K')
    with pytest.raises(CacheError, match='not what was stored'):
        cache.load('a.so')


def test_links_and_pipes_in_place_of_a_file_are_refused(cache, tmp_path):
    target = tmp_path / 'target'
    target.write_bytes((cache.path / 'a.so').read_bytes())
    (cache.path / 'a.so').unlink()
    (cache.path / 'a.so').symlink_to(target)
    with pytest.raises(CacheError, match='link'):
        cache.load('a.so')
    # Storing replaces the link, not its target.
    before = target.read_bytes()
    cache.store('a.so', b'new')
    assert target.read_bytes() == before
    assert cache.load('a.so') == b'new'
    os.mkfifo(cache.path / 'pipe.so')
    with pytest.raises(CacheError, match='no regular file'):
        cache.load('pipe.so')


def test_directory_swapped_after_opening_changes_nothing(cache, tmp_path):
    path = cache.path
    path.rename(tmp_path / 'moved')
    path.mkdir()
    (path / 'a.so').write_bytes(b'evil')
    assert cache.load('a.so') == b'kernel'
    cache.store('b.so', b'kernel')
    assert (tmp_path / 'moved' / 'b.so').is_file()
    assert not (path / 'b.so').exists()


def test_lock_does_not_follow_or_truncate_a_planted_link(cache, tmp_path):
    target = tmp_path / 'precious'
    target.write_text('precious')
    (cache.path / 'a.lock').symlink_to(target)
    with cache.locked('a.lock'):
        pass
    assert target.read_text() == 'precious'
    (cache.path / 'b.lock').symlink_to(tmp_path / 'absent')
    with cache.locked('b.lock'):
        pass
    assert not (tmp_path / 'absent').exists()
    # Nor a file of that name.
    (cache.path / 'c.lock').write_text('text')
    with cache.locked('c.lock'):
        pass
    assert (cache.path / 'c.lock').read_text() == 'text'


def test_lock_excludes_and_gives_up(cache, monkeypatch):
    monkeypatch.setattr(cpp_cache, 'LOCK_LIMIT', 0.1)
    import fcntl
    with cache.locked('a.lock'):
        with open(cache.path / 'a.lock') as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with cache.locked('a.lock'):
            pass  # Not held, but not waited for without end.
    with open(cache.path / 'a.lock') as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_failed_store_leaves_nothing(cache, monkeypatch):
    def full(*args):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(cpp_cache.os, 'fsync', full)
    with pytest.raises(OSError, match='No space'):
        cache.store('a.so', b'new')
    assert os.listdir(cache.path) == ['a.so']
    assert cache.load('a.so') == b'kernel'


def test_directory_follows_the_environment(monkeypatch, tmp_path):
    user = f'kernels-{os.geteuid()}'
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    monkeypatch.delenv('MMPOSE_VIDEO_CACHE_DIR', raising=False)
    assert cache_directory() == tmp_path / '.cache' / 'mmpose_video' / user
    monkeypatch.setenv('XDG_CACHE_HOME', '/x')
    assert str(cache_directory()) == f'/x/mmpose_video/{user}'
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', '/y')
    assert str(cache_directory()) == f'/y/{user}'
