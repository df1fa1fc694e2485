"""Small or broken checkpoints cannot fill the memory, and are named."""
import pickle
import zipfile

import numpy as np
import pytest
import torch
from mmengine.runner import checkpoint

from mmpose_video.compat import checkpoint as compat

from .checkpoint_content import doubled

pytestmark = pytest.mark.skipif(
    not compat.guard_supported(), reason='this torch has no safe_globals')


def write_pickle(path, content):
    """Write an archive of PyTorch with another pickle in it."""
    source = path.with_name('source')
    torch.save(dict(), source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, 'w') as new:
        for name in old.namelist():
            new.writestr(name, content if name.endswith('data.pkl') else
                         old.read(name))


def nested(levels, container):
    item = []
    for _ in range(levels):
        item = container(item)
    return item


BOMBS = dict(
    value=lambda: dict(x=doubled(60)),
    with_array=lambda: dict(x=(doubled(60), np.ones(2))),
    in_lists=lambda: dict(x=[[doubled(60)]]),
    deep_list=lambda: dict(x=nested(450, lambda item: [item])),
    deep_dict=lambda: dict(x=nested(450, lambda item: dict(a=item))),
    deep_tuple=lambda: dict(x=nested(450, lambda item: (item, ))),
    mixed=lambda: dict(x=nested(120, lambda item: [(item, )])))


@pytest.mark.parametrize('legacy', [False, True])
@pytest.mark.parametrize('bomb', BOMBS)
def test_containers_are_bounded(bomb, legacy, tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(
        BOMBS[bomb](), path, _use_new_zipfile_serialization=not legacy)
    assert path.stat().st_size < 20_000
    with pytest.raises(pickle.UnpicklingError, match='it holds') as error:
        checkpoint._load_checkpoint(str(path))
    assert '\n' not in str(error.value) and 'a.pth' in str(error.value)


def test_a_bomb_as_a_key_is_refused_before_it_is_hashed(tmp_path):
    content = pickle.dumps(doubled(60), protocol=2)
    # {<the tuple>: None}: python cannot write it, as it cannot hash it
    hashed = content[:2] + b'}(' + content[2:-1] + b'Nu.'
    path = tmp_path / 'a.pth'
    write_pickle(path, hashed)
    with pytest.raises(pickle.UnpicklingError, match='tuple of more than'):
        checkpoint._load_checkpoint(str(path))


HUGE = (10**9).to_bytes(5, 'little')
SMALL_FILES = dict(
    # bytearray(10**9): zeros that take memory at once
    zeros=b'\x80\x02cbuiltins\nbytearray\n\x8a\x05' + HUGE + b'\x85R.',
    allocated=b'\x80\x02}X\x01\x00\x00\x00actorch\nFloatTensor\n\x8a\x05'
    + HUGE + b'\x85Rs.',
    repeated=dict(a=torch.zeros(1).expand(10**6, 10**6)),
    in_lists=dict(a=[(torch.zeros(1).expand(10**6, 10**6), )]),
    sparse=dict(a=torch.sparse_coo_tensor(
        torch.zeros(1, 1, dtype=torch.int64), torch.ones(1), (10**12, ))),
    without_data=dict(a=torch.zeros(3, device='meta')))


@pytest.mark.parametrize('kind', SMALL_FILES)
def test_small_files_cannot_fill_the_memory(kind, tmp_path):
    path, content = tmp_path / 'a.pth', SMALL_FILES[kind]
    if isinstance(content, bytes):
        write_pickle(path, content)
    else:
        torch.save(content, path)
    assert path.stat().st_size < 10_000
    with pytest.raises(pickle.UnpicklingError, match=r'a\.pth .*: it (holds a '
                       r'tensor|calls bytearray)'):
        checkpoint._load_checkpoint(str(path))


def test_compressed_archives_cannot_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(compat, 'MAX_TENSOR', 1000)
    source, path = tmp_path / 'source.pth', tmp_path / 'a.pth'
    torch.save(dict(a=torch.zeros(100_000)), source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(
            path, 'w', zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    checkpoint._load_checkpoint(str(source))
    with pytest.raises(pickle.UnpicklingError, match='it is compressed'):
        checkpoint._load_checkpoint(str(path))


def test_views_and_bytes_are_admitted(tmp_path):
    path = tmp_path / 'a.pth'
    content = dict(a=torch.arange(6.)[::2], b=torch.ones(1).expand(3, 4),
                   c=bytearray(b'abc'))
    torch.save(content, path)
    result = checkpoint._load_checkpoint(str(path))
    assert result['a'].tolist() == [0, 2, 4] and result['b'].shape == (3, 4)
    assert result['c'] == b'abc'


@pytest.mark.parametrize('content', [
    b'\x80\x02R.', b'\x80\x02', b'', b'\x80\x02h\x07.',
    b'\x80\x02cmmengine.logging.history_buffer\nHistoryBuffer\n)\x81}b.',
    b'\x80\x02cmmengine.logging.history_buffer\nHistoryBuffer\n)\x81K\x05b.',
    b'\x80\x02cnumpy\ndtype\nX\x03\x00\x00\x00ab8\x85R.',
    b'\x80\x02cnumpy.core.multiarray\n_reconstruct\nNNN\x87RK\x01b.',
    b'\x80\x02ctorch\ndevice\nX\x02\x00\x00\x00ab\x85R.',
    b'\x80\x02cbuiltins\nset\n]]a\x85R.'])
def test_whatever_is_wrong_with_a_file_it_is_named(content, tmp_path):
    path = tmp_path / 'a.pth'
    write_pickle(path, content)
    with pytest.raises((ValueError, pickle.UnpicklingError)) as error:
        checkpoint._load_checkpoint(str(path))
    assert type(error.value) in (ValueError, pickle.UnpicklingError)
    assert 'a.pth' in str(error.value) and '\n' not in str(error.value)


def test_messages_cannot_take_for_ever(tmp_path):
    """PyTorch quotes what a file names and calls, and searches the text."""
    shared = b']q\x00' + b''.join(
        b'](h' + bytes([i]) + b'h' + bytes([i]) + b'eq' + bytes([i + 1])
        for i in range(60))
    for content, message in (
        (b'\x80\x02c' + b'[' * 10**6 + b'\nx\n.', r"refers to '\[\[\["),
        (b'\x80\x02' + shared + b')R.', 'it calls a list'),
        (b'\x80\x02' + shared + b')\x81.', 'it calls a list'),
        (b'\x80\x02X\x40\x42\x0f\x00' + b'y' * 10**6 + b')R.',
         'it calls a str')):
        path = tmp_path / 'a.pth'
        write_pickle(path, content)
        with pytest.raises(pickle.UnpicklingError, match=message) as error:
            checkpoint._load_checkpoint(str(path))
        assert len(str(error.value)) < 2000
