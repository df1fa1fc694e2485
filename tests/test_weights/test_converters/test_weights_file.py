"""Files that hold weights, and files that do not."""
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from mmpose_video.weights.converters import load_weights


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'in.pth'


def names_of(path):
    return list(load_weights(path))


@pytest.mark.parametrize('container', [
    None, 'state_dict', 'model_state_dict', 'model'])
@pytest.mark.parametrize('zipped', [True, False])
def test_containers(container, zipped, path):
    weights = OrderedDict({'module.a.weight': torch.tensor([1., 2.])})
    content = weights if container is None else {
        'epoch': 3, container: weights, 'optimizer_state_dict': {'state': {}}}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    loaded = load_weights(path)
    assert list(loaded) == ['a.weight']
    assert loaded['a.weight'].tolist() == [1., 2.]


def test_numpy_beside_the_weights(path):
    torch.save(dict(best=np.float64(0.81), curve=np.arange(3.),
                    state_dict={'w': torch.ones(2)}), path)
    assert names_of(path) == ['w']


def test_large_files_are_mapped_not_read(path):
    torch.save(dict(model_state_dict={'w': torch.arange(9)},
                    optimizer_state_dict={'m': torch.zeros(9)}), path)
    maps = Path('/proc/self/maps')
    if not maps.exists():
        pytest.skip('this system does not list the mapped files')
    weights = load_weights(path)
    assert weights['w'].tolist() == list(range(9))
    assert str(path) in maps.read_text()


class Payload:
    """A malicious file's content."""

    def __reduce__(self):
        return print, ('code from the file ran', )


def test_no_code_from_the_file(path, capsys):
    torch.save(dict(state_dict={}, extra=Payload()), path)
    with pytest.raises(ValueError, match='without running code.*print'):
        load_weights(path)
    assert 'code from the file ran' not in capsys.readouterr().out


@pytest.mark.parametrize('content, found', [
    ({}, 'an empty dictionary'),
    ([1, 2], 'a list'),
    (dict(state_dict={}), 'an empty dictionary'),
    (dict(epoch=3), 'found `epoch`'),
])
def test_no_weights(content, found, path):
    torch.save(content, path)
    with pytest.raises(ValueError, match=f'holds no weights.*{found}'):
        load_weights(path)


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('share', [0.2, 0.6, 0.99])
def test_truncated(zipped, share, path):
    torch.save(dict(state_dict={'w': torch.rand(100_000)}), path,
               _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    path.write_bytes(content[:int(share * len(content))])
    with pytest.raises(ValueError, match=r'MB\) is (damaged or )?truncated'):
        load_weights(path)


@pytest.mark.parametrize('content, message', [
    (b'', 'is empty'),
    (b'<!DOCTYPE html><html>virus scan warning', 'is a web page'),
    (b'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'Git LFS'),
])
def test_files_in_place_of_a_checkpoint(content, message, path):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_weights(path)


def test_no_file(path):
    with pytest.raises(FileNotFoundError, match='in.pth'):
        load_weights(path)
