"""Checkpoints of MMEngine are read, with all that they hold."""
import contextlib
import copy
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

from .checkpoint_content import (
    EXECUTED,
    assert_same,
    doubled,
    half_range,
    nest,
    note,
)

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
