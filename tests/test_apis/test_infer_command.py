"""The command ends as it should, with one line for each wrong input."""
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmpose_video.apis import model_loading
from mmpose_video.apis.model_loading import load_pose_model
from mmpose_video.tools import infer as cli
from mmpose_video.utils import Progress

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def config_file(make_config, clip_set, tmp_path_factory):
    path = tmp_path_factory.mktemp('config') / 'config.py'
    make_config(clip_set).dump(str(path))
    return str(path)


@pytest.fixture
def arguments(config_file, checkpoint, clip_dir, tmp_path):
    """Arguments of a run that works, to be changed."""
    return {'video': str(clip_dir), '--config': config_file,
            '--checkpoint': checkpoint, '--out-dir': str(tmp_path / 'out'),
            '--device': 'cpu'}


def run(arguments, *more):
    words = [arguments['video']]
    for name, value in arguments.items():
        if name != 'video' and value is not None:
            words += [name, value]
    return cli.main([*words, *more])


def test_help_does_not_import_the_package():
    """Neither PyTorch nor MMPose, which take seconds."""
    code = ('import sys; sys.modules["torch"] = sys.modules["mmpose"] = None; '
            'import _mmpose_video_cli as cli; cli.main(["infer", "--help"])')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'usage: mmpose-video infer' in done.stdout


@pytest.mark.parametrize('number, status', [
    (signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_complete_files(arguments, monkeypatch, capsys, tmp_path,
                                      number, status):
    """In the middle of a run; the previous handler is restored."""
    before = signal.getsignal(signal.SIGTERM)
    update = Progress.update

    def interrupt(self):
        update(self)
        if self.count == 4:
            signal.raise_signal(number)

    monkeypatch.setattr(Progress, 'update', interrupt)
    assert run(arguments) == status
    name = Path(arguments['video']).name
    assert 'interrupted: the results of 3 frames' in capsys.readouterr().out
    for kind, key in (('predictions', None), ('posetrack', 'images')):
        content = json.loads((tmp_path / f'out/{kind}/{name}.json')
                             .read_text())
        assert len(content[key] if key else content) == 4
    video = cv2.VideoCapture(str(tmp_path / f'out/visualizations/{name}.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 4
    assert signal.getsignal(signal.SIGTERM) == before


def test_interrupt_before_the_first_result(arguments, monkeypatch, capsys,
                                           tmp_path):
    from mmpose_video.apis import video_pose_inferencer

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(video_pose_inferencer, 'read_config', interrupt)
    assert run(arguments) == 130
    assert 'interrupted: there are no results' in capsys.readouterr().out
    assert not (tmp_path / 'out').exists()


def test_without_a_checkpoint(arguments, monkeypatch):
    """The warning of random weights."""
    lines = []
    monkeypatch.setattr(model_loading, 'print_log',
                        lambda text, logger, level: lines.append(text))
    assert run(arguments, '--max-frames', '1') == 0
    assert not lines
    arguments['--checkpoint'] = None
    assert run(arguments, '--max-frames', '1') == 0
    assert 'the weights are random' in lines[0]


def weights(checkpoint):
    return torch.load(checkpoint, weights_only=True)['state_dict']


def save(content, folder):
    path = str(folder / 'weights.pth')
    torch.save(content, path)
    return path


def truncated(checkpoint, folder):
    path = folder / 'weights.pth'
    path.write_bytes(Path(checkpoint).read_bytes()[:5000])
    return str(path)


def of_another_model(checkpoint, folder):
    return save(dict(state_dict={
        f'x.{name}': value for name, value in weights(checkpoint).items()}),
        folder)


def in_part(checkpoint, folder):
    found = weights(checkpoint)
    return save(dict(state_dict=dict(list(found.items())[:-1])), folder)


def with_nan(checkpoint, folder):
    found = weights(checkpoint)
    name = next(n for n in found if found[n].is_floating_point())
    found[name] = torch.full_like(found[name], np.nan)
    return save(dict(state_dict=found), folder)


def sparse(checkpoint, folder):
    found = weights(checkpoint)
    name = next(n for n in found if found[n].dim() == 4)
    found[name] = found[name].to_sparse()
    return save(dict(state_dict=found), folder)


class Evil:
    def __reduce__(self):
        return os.system, ('touch evil',)


@pytest.mark.parametrize('make, message', [
    (truncated, 'cannot read the checkpoint'),
    (lambda c, d: save({}, d), 'holds no weights'),
    (lambda c, d: save(dict(state_dict={}), d), 'holds no weights'),
    (lambda c, d: save([1], d), 'holds no weights'),
    (lambda c, d: save(dict(state_dict=dict(a=Evil())), d), 'was not loaded'),
    (of_another_model, 'of another model: 0 of'),
    (in_part, 'of another model: .* absent: 1'),
    (with_nan, 'not finite'),
    (sparse, 'of another model: .* is complex or sparse'),
    (lambda c, d: save({'a\n\x1b[31mred': torch.zeros(3)}, d),
     r'a \?\[31mred'),
    (lambda c, d: str(d / 'none.pth'), 'there is no checkpoint'),
    (lambda c, d: str(d), 'there is no checkpoint')])
def test_bad_checkpoints(arguments, checkpoint, capsys, tmp_path, monkeypatch,
                         make, message):
    monkeypatch.chdir(tmp_path)
    arguments['--checkpoint'] = make(checkpoint, tmp_path)
    check_one_line(run(arguments), capsys, message)
    assert not (tmp_path / 'evil').exists()
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('meta', [
    None, 3, dict(dataset_meta=None), dict(dataset_meta=[1]),
    dict(dataset_meta=dict(keypoint_id2name={})),
    dict(dataset_meta=dict(keypoint_id2name={1: 'nose'})),
    dict(dataset_meta=dict(keypoint_id2name={0: 1})),
    dict(dataset_meta=dict(keypoint_id2name={0: 'a'},
                           skeleton_links=[(0, 9)])),
    dict(dataset_meta=dict(keypoint_id2name={0: 'a'}, skeleton_links=3))])
def test_broken_names_in_a_checkpoint(meta, checkpoint, make_config,
                                      tmp_path):
    path = save(dict(state_dict=weights(checkpoint), meta=meta), tmp_path)
    model = load_pose_model(make_config(), path, 'cpu')
    assert model.dataset_meta['keypoint_id2name'][0] == 'nose'
    assert len(model.dataset_meta['keypoint_id2name']) == 17


def check_one_line(status, capsys, message):
    assert status == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1].startswith('error: ')
    assert not any('Traceback' in line for line in lines)
    assert re.search(message, lines[-1]), lines[-1]


def text(content):
    def make(folder):
        (folder / 'file.py').write_text(content)
        return str(folder / 'file.py')

    return make


@pytest.mark.parametrize('name, make, message', [
    ('--config', lambda d: str(d / 'none.py'), 'no config.*none.py'),
    ('--config', text('model = ('), 'cannot read the config.*file.py'),
    ('--config', text('a = 1'), 'has no `model`'),
    ('--config', text('_base_ = ["none.py"]'), 'none.py'),
    ('--config', text('model = dict(type="None_", backbone=dict())\n'
                      'test_dataloader = dict()'), 'None_'),
    ('--device', lambda d: 'cuda:99', 'device `cuda:99`'),
    ('--device', lambda d: 'abacus', 'device `abacus`'),
    ('--smooth', lambda d: 'Median', "no filter 'Median'.*OneEuro"),
    ('--smooth', lambda d: 'SmoothNet', "needs the argument 'checkpoint'"),
    ('--fps', lambda d: '0', '`fps` must be positive'),
    ('--boxes', lambda d: str(d / 'none.json'), 'none.json'),
    ('--boxes', text('[1'), 'file.py is not valid JSON'),
    ('--boxes-id-offset', lambda d: '1', 'need --boxes'),
    ('--out-dir', text(''), 'file.py'),
    ('--batch-size', lambda d: '0', 'batch_size'),
    ('--latency', lambda d: '-1', 'latency'),
    ('--reuse-features', lambda d: '0', 'reuse-features'),
    ('video', lambda d: '0', 'webcam:0'),
    ('video', lambda d: str(d / 'none.mp4'), 'none.mp4')])
def test_wrong_arguments(arguments, capsys, tmp_path, name, make, message):
    arguments[name] = make(tmp_path)
    check_one_line(run(arguments), capsys, message)


@pytest.mark.slow
def test_several_videos(arguments, images, capsys, tmp_path):
    """One that cannot be read does not keep the others from their results."""
    videos = [tmp_path / name for name in ('a.png', 'none.mp4', 'b.png')]
    for path, image in ((videos[0], images[0]), (videos[2], images[1])):
        cv2.imwrite(str(path), image)
    words = [word for name, value in arguments.items() if name != 'video'
             for word in (name, value)]
    assert cli.main([*map(str, videos), *words]) == 1
    out, err = capsys.readouterr()
    assert f'error: there is no video `{videos[1]}`' in err.splitlines()
    assert '1 of 3 videos failed: the results of 2 frames' in out
    for name, count in (('a', 1), ('b', 1), ('none', 0)):
        found = list((tmp_path / 'out/predictions').glob(f'{name}.json'))
        assert len(found) == count
    assert cli.main([*map(str, videos[::2]), *words]) == 0
    assert 'done: the results of 2 frames' in capsys.readouterr().out
    check_one_line(cli.main([*map(str, videos), *words, '--boxes', 'b.json']),
                   capsys, 'boxes FILE is for one video')


def test_unknown_argument_of_a_filter(arguments, capsys):
    check_one_line(run(arguments, '--smooth', 'Gaussian', 'sigmoid=2'),
                   capsys, "Gaussian has no argument 'sigmoid'.*sigma")
    check_one_line(run(arguments, '--smooth', 'OneEuro', 'fps=25,30'),
                   capsys, 'OneEuro cannot be built')


def test_the_command_has_a_module_in_apis():
    result = subprocess.run(
        [sys.executable, '-m', 'mmpose_video.apis.infer', '--help'],
        capture_output=True, text=True, check=True)
    assert '--reuse-features' in result.stdout
