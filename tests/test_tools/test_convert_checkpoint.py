"""The command that converts official checkpoints."""
import runpy
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.tools.convert_checkpoint import (
    guess_layout,
    main,
    write_checkpoint,
)
from mmpose_video.weights.converters import CONVERTERS

CONFIGS = Path(__file__).parents[2] / 'configs'
#: One name for each rule of the smallest layout.
HRNET = ('conv1.weight', 'bn1.bias', 'stage2.0.branches.0.0.conv1.weight',
         'final_layer.weight')


@pytest.fixture
def files(tmp_path):
    return tmp_path / 'in.pth', tmp_path / 'folder' / 'out.pth'


def weights(names=HRNET):
    return {name: torch.full((17, 2), float(i))
            for i, name in enumerate(names)}


def run(layout, files, *more):
    return main([layout, str(files[0]), str(files[1]), *more])


def test_converts(files, capsys):
    torch.save(dict(begin_epoch=3, optimizer=dict(state={}, param_groups=[]),
                    state_dict={f'module.{k}': v
                                for k, v in weights().items()}), files[0])
    assert run('hrnet', files) == 0
    result = torch.load(files[1], weights_only=True)
    assert result['meta'] == dict(converted_from='hrnet')
    assert {k: v[0, 0].item() for k, v in result['state_dict'].items()} == {
        'backbone.conv1.weight': 0, 'backbone.bn1.bias': 1,
        'backbone.stage2.0.branches.0.0.conv1.weight': 2,
        'head.final_layer.weight': 3}
    out = capsys.readouterr().out
    assert '4 tensors, HRNet-W17, 17 keypoints' in out
    assert 'made for configs/single_image' in out


def test_leftovers(files, capsys):
    torch.save({'dcn_1.bias': torch.zeros(3), 'other': torch.ones(1)},
               files[0])
    assert run('fami', files) == 1
    message = capsys.readouterr().err
    assert 'other' in message and '--allow-leftover' in message
    assert not files[1].exists()
    assert run('fami', files, '--allow-leftover') == 0
    assert 'other' in capsys.readouterr().err
    assert list(torch.load(files[1], weights_only=True)['state_dict']) == [
        'neck.calibrate.stages.0.deform_conv.bias']


def test_another_layout_is_named(files, capsys):
    torch.save(weights(), files[0])
    assert run('dcpose', files) == 1
    error = capsys.readouterr().err
    assert 'Found: the names fit the layout `hrnet`' in error
    assert 'nothing in the checkpoint for:' in error


@pytest.mark.parametrize('names, answer', [
    (['backbone.conv1.weight', 'head.final_layer.weight'],
     'may need no conversion'),
    (['encoder.w', 'decoder.w'], 'from `encoder.w` to `decoder.w`, fit no'),
])
def test_guess(names, answer):
    assert answer in guess_layout(weights(names))


@pytest.fixture
def baseline():
    """The small baseline: its config, its weights under official names."""
    config = str(CONFIGS / 'single_image' /
                 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    init_default_scope('mmpose')
    model = MODELS.build(Config.fromfile(config).model)
    return config, {
        name.removeprefix('backbone.').removeprefix('head.'): value
        for name, value in model.state_dict().items()
    }


def test_compared_with_a_config(baseline, files, capsys):
    config, state = baseline
    torch.save(state, files[0])
    assert run('hrnet', files, '--config', config) == 0
    assert capsys.readouterr().err == ''


def test_another_size(baseline, files, capsys):
    config, state = baseline
    torch.save(state, files[0])
    large = config.replace('-tiny_1xb16-4e_synthetic-96x64',
                           '-w32_1xb32-4e_synthetic-256x192')
    assert run('hrnet', files, '--config', large) == 1
    error = capsys.readouterr().err
    assert 'holds HRNet-W16, 17 keypoints, 0.7 M' in error
    assert 'w32_1xb32-4e_synthetic-256x192.py is HRNet-W32, 17 key' in error
    assert 'tensors of another shape (the first: ' in error
    assert not files[1].exists()


def test_without_a_head(baseline, files, capsys):
    config, state = baseline
    del state['final_layer.weight'], state['final_layer.bias']
    torch.save(state, files[0])
    assert run('hrnet', files, '--config', config) == 0
    assert ('2 tensors of the model are not in the checkpoint, from '
            'head.final_layer.weight') in capsys.readouterr().err


def test_bad_files_end_in_one_message(files, capsys):
    assert run('fami', files) == 1
    assert 'in.pth' in capsys.readouterr().err
    files[0].write_bytes(b'PK\x03\x04 the rest is missing')
    assert run('fami', files) == 1
    assert 'truncated' in capsys.readouterr().err
    assert not files[1].exists()


def test_input_is_not_overwritten(files, capsys):
    torch.save(weights(), files[0])
    before = files[0].read_bytes()
    assert run('hrnet', (files[0], files[0])) == 1
    assert 'the output is the input' in capsys.readouterr().err
    assert files[0].read_bytes() == before


def test_views_are_written_alone(files):
    large = torch.arange(100_000.)
    write_checkpoint({'w': large[3:5]}, 'toy', files[1])
    assert files[1].stat().st_size < 10_000
    loaded = torch.load(files[1], weights_only=True)['state_dict']
    assert loaded['w'].tolist() == [3., 4.]
    assert list(files[1].parent.iterdir()) == [files[1]]


@pytest.mark.parametrize('name', sorted(CONVERTERS))
def test_each_converter_is_complete(name):
    converter = CONVERTERS[name]()
    assert converter.source and converter.configs
    patterns = [pattern for pattern, _ in converter.rules]
    assert len(set(patterns)) == len(patterns)
    assert set(converter.optional) <= set(patterns)


def test_as_a_module(monkeypatch, capsys):
    name = 'mmpose_video.tools.convert_checkpoint'
    monkeypatch.setattr(sys, 'argv', [name, '--help'])
    monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit) as end:
        runpy.run_module(name, run_name='__main__')
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in CONVERTERS)
