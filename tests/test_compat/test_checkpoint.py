"""Checkpoints: MMEngine's own are read, hostile ones are refused."""
import collections
import contextlib
import copy
import functools
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler
from mmengine.hooks import CheckpointHook, EMAHook
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.model import BaseModel
from mmengine.runner import Runner, checkpoint, load_checkpoint
from torch.utils.data import Dataset

from mmpose_video.compat import checkpoint as compat

pytestmark = pytest.mark.skipif(
    not compat.guard_supported(), reason='this torch has no safe_globals')


class Numbers(Dataset):

    METAINFO = dict(
        sigmas=np.array([.1, .2], dtype=np.float32),
        names=np.array(['nose', 'neck']),
        flip={0: 1},
        upper=(1, 2))
    metainfo = METAINFO

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return dict(inputs=torch.full((3, ), index / 8))


class Line(BaseModel):

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, inputs, mode='tensor'):
        out = self.layer(torch.stack(inputs))
        return dict(loss=(out**2).mean()) if mode == 'loss' else out


def half_range(buffer, window=None):
    """A custom statistic, as a user would register it."""
    return (buffer.max() - buffer.min()) / 2


@pytest.fixture
def statistic():
    HistoryBuffer.register_statistics(half_range)
    yield
    HistoryBuffer._statistics_methods.pop('half_range')


def make_runner(work_dir, epochs, **kwargs):
    hook = CheckpointHook(interval=1, save_best=None)
    return Runner(
        model=Line(),
        work_dir=str(work_dir),
        train_dataloader=dict(
            dataset=Numbers(),
            sampler=DefaultSampler(Numbers(), shuffle=False),
            batch_size=4,
            num_workers=0),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=kwargs.pop(
            'optim_wrapper',
            dict(optimizer=dict(type='AdamW', lr=0.1, weight_decay=.1))),
        param_scheduler=[
            dict(type='LinearLR', start_factor=.1, by_epoch=False, end=3),
            # `end`: by default a scheduler ends with its run, not the next one
            dict(type='MultiStepLR', milestones=[2], by_epoch=True, end=4),
            dict(type='CosineAnnealingLR', T_max=4, by_epoch=True, end=4)
        ],
        custom_hooks=[EMAHook(momentum=.1)],
        default_hooks=dict(checkpoint=hook),
        default_scope='mmengine',
        experiment_name=f'{work_dir.name}{epochs}{len(kwargs)}',
        **kwargs)


def states(runner):
    return copy.deepcopy(
        dict(
            model=runner.model.state_dict(),
            optimizer=runner.optim_wrapper.state_dict(),
            schedulers=[s.state_dict() for s in runner.param_schedulers]))


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y)
    elif isinstance(a, (torch.Tensor, np.ndarray, np.generic)):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    else:
        assert a == b


def test_resume_equals_uninterrupted(tmp_path, statistic):
    torch.manual_seed(1)
    first = make_runner(tmp_path / 'a', 2)
    start = copy.deepcopy(first.model.state_dict())
    first.train()
    path = tmp_path / 'a' / 'epoch_2.pth'
    with zipfile.ZipFile(path) as archive:  # it is the difficult kind
        names = [n for n in archive.namelist() if n.endswith('data.pkl')]
        content = archive.read(names[0])
    assert b'HistoryBuffer' in content and b'getattr' in content
    assert b'half_range' in content
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)

    whole = make_runner(tmp_path / 'b', 4)
    whole.model.load_state_dict(start)
    whole.train()

    resumed = make_runner(
        tmp_path / 'c', 4, load_from=str(path), resume=True)
    resumed.train()
    assert resumed.epoch == 4
    assert_same(states(resumed), states(whole))
    history = {
        name: resumed.message_hub.get_scalar(name)
        for name in ('train/loss', 'train/lr')
    }
    for name, buffer in history.items():
        assert type(buffer) is HistoryBuffer
        expected = whole.message_hub.get_scalar(name)
        np.testing.assert_array_equal(buffer.data[0], expected.data[0])
        np.testing.assert_array_equal(buffer.data[1], expected.data[1])
        assert len(buffer.data[0]) == 8
    assert history['train/loss'].statistics('half_range') == half_range(
        whole.message_hub.get_scalar('train/loss'))


def test_same_as_full_unpickling(tmp_path, statistic):
    runner = make_runner(tmp_path, 1)
    runner.message_hub.update_info('array', np.arange(6.).reshape(2, 3).T)
    runner.message_hub.update_info('best', np.float32(.5))
    runner.message_hub.update_info('count', np.int64(3))
    runner.message_hub.update_info('flag', np.bool_(True))
    runner.message_hub.update_info('name', np.str_('AP'))
    runner.message_hub.update_info('swapped', np.arange(3, dtype='>i2'))
    runner.message_hub.update_info('empty', np.zeros((0, 2)))
    runner.message_hub.update_info('pair', (np.ones(2), [np.zeros(1)]))
    runner.train()
    path = str(tmp_path / 'epoch_1.pth')
    expected = torch.load(path, weights_only=False)
    result = load_checkpoint(Line(), path, map_location='cpu')
    hubs = [c.pop('message_hub') for c in (expected, result)]
    assert_same(result, expected)
    assert_same(hubs[1]['runtime_info'], hubs[0]['runtime_info'])
    assert list(hubs[1]['log_scalars']) == list(hubs[0]['log_scalars'])
    for name, buffer in hubs[0]['log_scalars'].items():
        assert_same(hubs[1]['log_scalars'][name].__getstate__(),
                    buffer.__getstate__())
    shared = hubs[1]['runtime_info']['array']
    shared += 1  # writable, as loaded arrays are
    # and the next checkpoint names numpy, not the stand-ins
    assert b'mmpose_video' not in pickle.dumps(
        [result['meta'], hubs[1]], protocol=2)


def test_load_from(tmp_path):
    first = make_runner(tmp_path / 'a', 1)
    first.train()
    # a rate of zero: training leaves what was loaded
    second = make_runner(
        tmp_path / 'b',
        1,
        load_from=str(tmp_path / 'a' / 'epoch_1.pth'),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.)))
    before = second.model.layer.weight.clone()
    second.train()
    expected = torch.load(
        tmp_path / 'a' / 'epoch_1.pth', weights_only=False)['state_dict']
    assert not torch.equal(before, second.model.layer.weight)
    assert_same(dict(second.model.state_dict()), dict(expected))


def test_amp_state(tmp_path):
    from mmengine.optim import AmpOptimWrapper, OptimWrapper
    optimizer = torch.optim.SGD(Line().parameters(), lr=.1, momentum=.9)
    # AmpOptimWrapper's constructor wants a GPU; its state does not
    wrapper = object.__new__(AmpOptimWrapper)
    OptimWrapper.__init__(wrapper, optimizer)
    with pytest.warns(UserWarning) if not torch.cuda.is_available(
    ) else contextlib.nullcontext():
        wrapper.loss_scaler = torch.cuda.amp.GradScaler()
    wrapper.loss_scaler._enabled = True
    for name, value in dict(
            _scale=None,
            _init_scale=65536.0,
            _growth_factor=2.0,
            _backoff_factor=0.5,
            _growth_interval=2000,
            _init_growth_tracker=0,
            _growth_tracker=None).items():
        setattr(wrapper.loss_scaler, name, value)
    state = wrapper.state_dict()
    assert state['loss_scaler']['scale'] == 65536.0
    path = tmp_path / 'amp.pth'
    torch.save(dict(state_dict={}, optimizer=state), path)
    result = checkpoint._load_checkpoint(str(path))
    assert_same(result['optimizer'], state)


EXECUTED = []


def note(*args):
    """What a hostile file would like to have called."""
    EXECUTED.append(args)


class Reduce:
    """Pickles as a call of ``function`` with ``args``."""

    def __init__(self, function, *args):
        self.call = function, args

    def __call__(self):
        """Only so that pickle takes one for the function of another."""

    def __reduce__(self):
        return self.call


def get(owner, name):
    return Reduce(getattr, owner, name)


HOSTILE = dict(
    system=lambda p: Reduce(os.system, f'touch {p}'),
    eval=lambda p: Reduce(eval, f'open({str(p)!r}, "w")'),
    exec=lambda p: Reduce(exec, f'open({str(p)!r}, "w")'),
    open=lambda p: Reduce(open, str(p), 'w'),
    importing=lambda p: Reduce(__import__, 'antigravity'),
    own_function=lambda p: Reduce(note, 1),
    getattr_init=lambda p: get(HistoryBuffer, '__init__'),
    getattr_globals=lambda p: get(get(HistoryBuffer, '__init__'),
                                  '__globals__'),
    getattr_builtins=lambda p: Reduce(
        get(Reduce(__import__, 'builtins'), 'eval'),
        f'open({str(p)!r}, "w")'),
    getattr_register=lambda p: Reduce(
        get(HistoryBuffer, 'register_statistics'), note),
    getattr_of_array=lambda p: get(np.zeros(2), 'tofile'),
    getattr_tofile=lambda p: Reduce(get(np.zeros(2), 'tofile'), str(p)),
    call_statistic=lambda p: Reduce(get(HistoryBuffer, 'mean'), [1]),
    getattr_tensor=lambda p: get(torch.Tensor, '__reduce_ex__'),
    partial=lambda p: Reduce(
        functools.partial, os.system, f'touch {p}'),
    load=lambda p: Reduce(torch.load, str(p)),
    torch_save=lambda p: Reduce(torch.save, {}, str(p)),
    objects=lambda p: np.array([1, 'a', None], dtype=object),
    numpy_load=lambda p: Reduce(np.load, str(p)),
    subclass=lambda p: collections.UserDict(a=1),
)


def nest(where, thing):
    """Put an object into a checkpoint."""
    buffer = HistoryBuffer([1.], [1])
    content = dict(
        meta=dict(epoch=1, iter=1),
        state_dict=collections.OrderedDict(),
        message_hub=dict(
            log_scalars=collections.OrderedDict(loss=buffer),
            runtime_info=collections.OrderedDict(iter=1),
            resumed_keys=collections.OrderedDict(loss=True)))
    if where == 'top':
        return thing
    if where == 'meta':
        content['meta']['x'] = [thing]
    elif where == 'message_hub':
        content['message_hub']['runtime_info']['x'] = (1, {'y': thing})
    elif where == 'buffer':
        buffer._log_history = thing
    return content


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


@pytest.mark.parametrize('table', [dict(mean=note), dict(extra=note)])
def test_file_cannot_register_statistics(table, tmp_path, monkeypatch):
    # HistoryBuffer.__setstate__ itself updates the class by the file's table
    before = dict(HistoryBuffer._statistics_methods)
    path = tmp_path / 'hostile.pth'
    with monkeypatch.context() as patch:
        patch.setattr(HistoryBuffer, '_statistics_methods', table)
        torch.save(nest('meta', 1), path)
    EXECUTED.clear()
    with pytest.raises(pickle.UnpicklingError, match='note'):
        checkpoint._load_checkpoint(str(path))
    assert HistoryBuffer._statistics_methods == before
    assert not EXECUTED


def test_registered_names_keep_their_function(tmp_path, monkeypatch,
                                              statistic):
    # a file may name registered statistics, but not exchange them
    before = dict(HistoryBuffer._statistics_methods)
    path = tmp_path / 'hostile.pth'
    with monkeypatch.context() as patch:
        patch.setattr(HistoryBuffer, '_statistics_methods',
                      dict(mean=half_range, half_range=HistoryBuffer.min))
        torch.save(nest('meta', 1), path)
    hub = checkpoint._load_checkpoint(str(path))['message_hub']
    assert HistoryBuffer._statistics_methods == before
    assert hub['log_scalars']['loss'].statistics('mean') == 1.


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


@pytest.mark.parametrize('module', ['numpy.core', 'numpy._core'])
def test_both_names_of_numpy(module, tmp_path):
    # files written under numpy 1 are read under numpy 2, and back
    path = tmp_path / 'a.pth'
    value = dict(a=np.arange(3), b=np.float64(2))
    torch.save(value, path, _use_new_zipfile_serialization=False)
    text = path.read_bytes()
    for other in (b'numpy._core', b'numpy.core'):
        text = text.replace(other, b'<core>')
    assert text.count(b'<core>') == 2
    path.write_bytes(text.replace(b'<core>', module.encode()))
    assert_same(checkpoint._load_checkpoint(str(path)), value)


def test_unregistered_statistic_is_named(tmp_path, statistic):
    path = tmp_path / 'a.pth'
    torch.save(nest('meta', 1), path)
    method = HistoryBuffer._statistics_methods.pop('half_range')
    try:
        with pytest.raises(pickle.UnpicklingError, match='half_range'):
            checkpoint._load_checkpoint(str(path))
    finally:
        HistoryBuffer._statistics_methods['half_range'] = method
    assert checkpoint._load_checkpoint(str(path))['meta']['x'] == [1]


class Extra:
    """A class of the user's own."""


def test_users_own_admissions_count_and_survive(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(dict(x=Extra()), path)
    with pytest.raises(pickle.UnpicklingError, match='Extra'):
        checkpoint._load_checkpoint(str(path))
    before = set(torch.serialization.get_safe_globals())
    torch.serialization.add_safe_globals([Extra])
    try:
        assert type(checkpoint._load_checkpoint(str(path))['x']) is Extra
        assert set(torch.serialization.get_safe_globals()) == before | {Extra}
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(list(before))


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


def test_torch_itself_is_unchanged(tmp_path):
    assert torch.load.__module__ == 'torch.serialization'
    assert checkpoint.torch.nn is torch.nn
    path = tmp_path / 'a.pth'
    torch.save(dict(a=np.ones(2)), path)
    checkpoint._load_checkpoint(str(path))
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)


def test_torchs_own_switch_is_obeyed(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    path = tmp_path / 'a.pth'
    torch.save(dict(x=Extra()), path)
    assert type(checkpoint._load_checkpoint(str(path))['x']) is Extra


def test_old_torch_is_left_alone(monkeypatch):
    monkeypatch.delattr(torch.serialization, 'safe_globals')
    monkeypatch.setattr(checkpoint, 'torch', torch)
    assert not compat.guard_supported()
    compat.install()
    assert checkpoint.torch is torch


@pytest.fixture(autouse=True)
def forget_hubs():
    yield
    MessageHub._instance_dict.clear()


def doubled(levels):
    """A tuple of 2^levels entries that pickles to a few bytes a level."""
    item = ('a', 'b')
    for _ in range(levels):
        item = (item, item)
    return item


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
    source, path = tmp_path / 'source.pth', tmp_path / 'a.pth'
    torch.save(dict(), source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, 'w') as new:
        for name in old.namelist():
            new.writestr(name, hashed if name.endswith('data.pkl') else
                         old.read(name))
    with pytest.raises(pickle.UnpicklingError, match='tuple of more than'):
        checkpoint._load_checkpoint(str(path))


def test_shared_containers_stay_shared(tmp_path):
    path = tmp_path / 'a.pth'
    pair, row = (np.ones(2), 'a'), [np.zeros(1)]
    row.append(row)
    torch.save(dict(a=pair, b=[pair], row=row, plain=doubled(8)), path)
    result = checkpoint._load_checkpoint(str(path))
    assert result['a'] is result['b'][0]
    assert result['a'][0].tolist() == [1, 1]
    assert result['row'][1] is result['row']
    assert result['row'][0].tolist() == [0]
    assert result['plain'] == doubled(8)


def write_pickle(path, content):
    """Write an archive of PyTorch with another pickle in it."""
    source = path.with_name('source')
    torch.save(dict(), source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, 'w') as new:
        for name in old.namelist():
            new.writestr(name, content if name.endswith('data.pkl') else
                         old.read(name))


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
