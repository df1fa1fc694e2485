"""Files are replaced in one piece, and deletions come last."""
import resource
import signal

import pytest
from mmengine.fileio import get_file_backend
from mmengine.runner import save_checkpoint

from mmpose_video.compat.checkpoint_writing import (
    AtomicLocalBackend,
    PostponedDeletions,
    _open,
)


@pytest.fixture
def full_disk():
    """Let no file grow beyond 1000 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_local_files_are_written_by_the_backend(tmp_path):
    backend = get_file_backend(str(tmp_path / 'a.pth'))
    assert isinstance(backend, AtomicLocalBackend)
    path = tmp_path / 'new' / 'a.bin'
    backend.put(b'one', path)
    backend.put(b'two', str(path))
    assert path.read_bytes() == b'two'
    assert [p.name for p in path.parent.iterdir()] == ['a.bin']


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path, full_disk):
    path = tmp_path / 'epoch_1.pth'
    path.write_bytes(b'old')
    with pytest.raises(OSError, match='epoch_1.pth'):
        save_checkpoint(dict(state_dict={}, meta='x' * 5000), str(path))
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]


def test_last_checkpoint_is_replaced_in_one_piece(tmp_path):
    path = tmp_path / 'last_checkpoint'
    path.write_text('before')
    with pytest.raises(KeyboardInterrupt), _open(str(path), 'w') as file:
        file.write('aft')
        raise KeyboardInterrupt
    assert path.read_text() == 'before'
    with _open(str(path), 'w') as file:
        file.write('épreuve/epoch_2.pth')
    assert path.read_text(encoding='utf-8') == 'épreuve/epoch_2.pth'
    with _open(str(path), encoding='utf-8') as file:
        assert file.read() == 'épreuve/epoch_2.pth'


def test_deletions_are_postponed(tmp_path):
    old, new = tmp_path / 'old', tmp_path / 'new'
    for path in (old, new):
        path.touch()
    folder = tmp_path / 'deepspeed'
    folder.mkdir()
    backend = PostponedDeletions(get_file_backend(str(tmp_path)))
    backend.remove(str(old))
    backend.remove(str(new))
    backend.rmtree(str(folder))
    assert backend.isfile(str(old)) and old.exists() and folder.exists()
    backend.delete(kept=[str(new), None])
    assert sorted(tmp_path.iterdir()) == [new]
    backend.delete(kept=[])  # once only
    assert new.exists()
