"""User errors end in one line and exit status 1."""
import os
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.tools import (
    browse_clips,
    convert_checkpoint,
    eval_posetrack,
    export_onnx,
    get_flops,
    propagate_labels,
    publish_model,
)
from mmpose_video.tools._stock import run_stock
from mmpose_video.utils import one_line_errors

CONFIGS = Path(__file__).parents[2] / 'configs'
BASELINE = str(CONFIGS / 'single_image' /
               'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
POSEWARPER = str(CONFIGS / 'posewarper' /
                 'posewarper_hrnet-tiny_1xb16-4e_synthetic-96x64.py')


class Evil:

    def __reduce__(self):
        return os.system, ('touch evil', )


def weights_of(config):
    init_default_scope('mmpose')
    return MODELS.build(Config.fromfile(config).model).state_dict()


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Checkpoints of the baseline, good and bad."""
    folder = tmp_path_factory.mktemp('checkpoints')
    good = weights_of(BASELINE)
    nan = {name: value / 0 if 'final_layer' in name else value
           for name, value in good.items()}
    for name, content in dict(
            good=dict(state_dict=good), nan=dict(state_dict=nan),
            evil=dict(state_dict=good, meta=Evil()), list=[1],
            foreign=dict(state_dict={f'encoder.{name}': value
                                     for name, value in good.items()}),
            none=dict(state_dict={})).items():
        torch.save(content, folder / f'{name}.pth')
    (folder / 'empty.pth').touch()
    data = (folder / 'good.pth').read_bytes()
    (folder / 'truncated.pth').write_bytes(data[:len(data) // 2])
    (folder / 'broken.py').write_text('this is no config')
    (folder / 'other.py').write_text('a = 1')
    return folder


def check(main, arguments, match, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err.strip()
    assert 'Traceback' not in error
    line = error.splitlines()[-1]
    assert match in line, line
    assert not Path('evil').exists()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


CHECKPOINTS = [
    ('absent', 'absent.pth'), ('empty', 'empty.pth'),
    ('truncated', 'truncated.pth'), ('evil', 'nothing in it was run'),
    ('list', 'holds no weights'), ('none', 'holds no weights'),
    ('foreign', '`encoder.backbone.conv1.weight`, the model such as `back'),
    ('nan', 'not finite: 2 (head.final_layer.weight')
]


@pytest.mark.slow
@pytest.mark.parametrize('name, match', CHECKPOINTS)
def test_export(name, match, files, capsys):
    check(export_onnx.main, [
        BASELINE, 'out.onnx', '--checkpoint', str(files / f'{name}.pth')
    ], match, capsys)
    assert not Path('out.onnx').exists()


@pytest.mark.parametrize('name, match', CHECKPOINTS[:6])
def test_propagate(name, match, files, capsys):
    check(propagate_labels.main, [
        POSEWARPER, str(files / f'{name}.pth'), '--out', 'out.json'
    ], match, capsys)


def test_propagate_with_another_model(files, capsys):
    check(propagate_labels.main, [
        POSEWARPER, str(files / 'good.pth'), '--out', 'out.json'
    ], 'holds the weights of another model', capsys)
    check(propagate_labels.main, [
        BASELINE, str(files / 'good.pth'), '--out', 'out.json'
    ], 'labels are propagated by PoseWarper', capsys)


@pytest.mark.parametrize('name, match', CHECKPOINTS[:6] + [
    ('foreign', 'fit no layout')])
def test_convert(name, match, files, capsys):
    source = str(files / f'{name}.pth')
    assert convert_checkpoint.main(['hrnet', source, 'out.pth']) == 1
    error = capsys.readouterr().err
    assert 'Traceback' not in error and match in error
    assert not Path('out.pth').exists()


def test_convert_not_finite(files, capsys):
    weights = {name.split('.', 1)[1]: value for name, value in torch.load(
        files / 'nan.pth')['state_dict'].items()}
    torch.save(weights, 'in.pth')
    assert convert_checkpoint.main(['hrnet', 'in.pth', 'out.pth']) == 1
    assert ('2 of its tensors are not finite, the first is '
            'head.final_layer.weight') in capsys.readouterr().err
    assert not Path('out.pth').exists()


@pytest.mark.parametrize('name, match', CHECKPOINTS[:6] + [
    ('nan', 'is not finite')])
def test_publish(name, match, files, capsys, monkeypatch):
    monkeypatch.setattr(torch, 'load', torch.load)  # which it replaces
    monkeypatch.setattr(sys, 'argv', [
        'publish', str(files / f'{name}.pth'), 'out.pth'])
    try:
        check(publish_model.main, None, match, capsys)
    except SystemExit as exit:  # a file that is not there
        assert match in str(exit.code)
    assert not list(Path().glob('out*.pth'))


@pytest.mark.parametrize('main, rest', [
    (export_onnx.main, ['out.onnx']), (get_flops.main, []),
    (browse_clips.main, ['--out-dir', 'out'])])
@pytest.mark.parametrize('name, match', [
    ('absent.py', 'there is no config'), ('broken.py', 'cannot read the conf'),
    ('other.py', 'has no ')])
def test_configs(main, rest, name, match, files, capsys):
    check(main, [str(files / name), *rest], match, capsys)


NO_DATA = ('annotations/posetrack18_train.json`: correct `data_root` and '
           '`ann_file`, convert a downloaded dataset (`mmpose-video convert '
           '--help`) or render one')


def test_browse_without_the_dataset(capsys):
    check(browse_clips.main, [BASELINE, '--out-dir', 'out'], NO_DATA, capsys)


@pytest.mark.slow
def test_train_without_the_dataset(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['train', BASELINE])
    with pytest.raises(SystemExit) as exit:
        run_stock('train.py')
    assert NO_DATA in exit.value.code and '\n' not in exit.value.code


@pytest.mark.parametrize('script, more', [
    ('train.py', []), ('test.py', ['absent.pth'])])
def test_scripts_without_a_config(script, more, monkeypatch):
    monkeypatch.setattr(sys, 'argv', [script, 'absent.py', *more])
    with pytest.raises(SystemExit, match='^error: .*absent.py'):
        run_stock(script)


def test_evaluate_writes_into_a_file(capsys, tmp_path):
    check(eval_posetrack.main, ['absent', 'absent'], 'no folder', capsys)


def test_only_errors_of_the_input_are_caught(capsys):
    @one_line_errors
    def command(argv):
        raise argv

    assert command(OSError('a\nb')) == 1
    assert capsys.readouterr().err == 'error: a b\n'
    assert command(KeyboardInterrupt()) == 130
    with pytest.raises(ZeroDivisionError):
        command(ZeroDivisionError())
