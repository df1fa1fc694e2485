"""Hostile checkpoints are refused before anything in them runs."""
import pickle

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import checkpoint

from mmpose_video.compat import checkpoint as compat

from .checkpoint_content import EXECUTED, HOSTILE, nest

pytestmark = pytest.mark.skipif(
    not compat.guard_supported(), reason='this torch has no safe_globals')


@pytest.mark.parametrize('where', ['top', 'meta', 'message_hub', 'buffer'])
@pytest.mark.parametrize('kind', HOSTILE)
def test_hostile_checkpoint_is_refused(kind, where, tmp_path):
    trace = tmp_path / 'trace'
    path = tmp_path / 'hostile.pth'
    torch.save(nest(where, HOSTILE[kind](trace)), path)
    methods = dict(HistoryBuffer._statistics_methods)
    EXECUTED.clear()
    with pytest.raises(pickle.UnpicklingError) as error:
        checkpoint._load_checkpoint(str(path))
    assert 'was not loaded and nothing in it was run' in str(error.value)
    assert str(path) in str(error.value)
    assert not trace.exists()
    assert not EXECUTED
    assert HistoryBuffer._statistics_methods == methods


def test_the_hostile_files_are_hostile(tmp_path):
    # else the test above would show nothing
    trace = tmp_path / 'trace'
    for kind in ('system', 'eval', 'exec', 'open', 'torch_save',
                 'getattr_tofile', 'getattr_builtins'):
        path = tmp_path / 'hostile.pth'
        torch.save(nest('message_hub', HOSTILE[kind](trace)), path)
        torch.load(path, weights_only=False)
        assert trace.exists(), kind
        trace.unlink()


def test_legacy_format_is_guarded_too(tmp_path):
    path = tmp_path / 'legacy.pth'
    torch.save(
        nest('meta', HOSTILE['system'](tmp_path / 'trace')),
        path,
        _use_new_zipfile_serialization=False)
    with pytest.raises(pickle.UnpicklingError):
        checkpoint._load_checkpoint(str(path))
    assert not (tmp_path / 'trace').exists()


@pytest.mark.parametrize('kind, name', [('system', 'posix.system'),
                                        ('eval', 'eval'),
                                        ('own_function', 'note'),
                                        ('getattr_init', '__init__')])
def test_refusal_names_the_global(kind, name, tmp_path):
    path = tmp_path / 'hostile.pth'
    torch.save(nest('meta', HOSTILE[kind](tmp_path / 'trace')), path)
    with pytest.raises(pickle.UnpicklingError, match=name) as error:
        checkpoint._load_checkpoint(str(path))
    assert 'custom_imports' in str(error.value)


def test_crafted_dtype_is_not_believed(tmp_path):
    # numpy's own dtype.__setstate__ would take the flags (63: "its items are
    # pointers") and read the array's numbers as addresses
    class Dtype:

        def __reduce__(self):
            return np.dtype, ('f8', False, True), (3, '<', None, None, None,
                                                   -1, -1, 63)

    class Array:

        def __reduce__(self):
            core = getattr(np, '_core', None) or np.core
            return core.multiarray._reconstruct, (np.ndarray, (0, ), b'b'), (
                1, (1, ), Dtype(), False, np.float64(7).tobytes())

    path = tmp_path / 'crafted.pth'
    torch.save(dict(x=Array()), path)
    result = checkpoint._load_checkpoint(str(path))['x']
    assert result.dtype == np.float64 and not result.dtype.hasobject
    assert result.tolist() == [7.]


def test_guard_holds_against_weights_only_false(tmp_path):
    # onedl-mmengine's fallback: the same name, the guard off
    path = tmp_path / 'hostile.pth'
    torch.save(HOSTILE['system'](tmp_path / 'trace'), path)
    with pytest.raises(pickle.UnpicklingError):
        checkpoint.torch.load(path, weights_only=False)
    with pytest.raises(pickle.UnpicklingError):
        checkpoint.torch.load(path, 'cpu', pickle, weights_only=False)
    assert not (tmp_path / 'trace').exists()


def test_url_is_guarded(tmp_path, monkeypatch):
    hostile = tmp_path / 'hostile.pth'
    torch.save(HOSTILE['system'](tmp_path / 'trace'), hostile)
    fine = tmp_path / 'fine.pth'
    torch.save(dict(a=np.ones(2)), fine)
    with pytest.raises(pickle.UnpicklingError, match='posix.system'):
        checkpoint.load_url(hostile.as_uri(), model_dir=str(tmp_path / 'hub'))
    assert not (tmp_path / 'trace').exists()
    result = checkpoint.load_url(
        fine.as_uri(), model_dir=str(tmp_path / 'hub'))
    assert result['a'].tolist() == [1, 1]
