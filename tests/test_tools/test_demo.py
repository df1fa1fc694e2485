"""The demo skips what is done and goes on where it was stopped."""
import json
import os
import signal
import sys
import textwrap
import threading

import pytest

from mmpose_video.tools import demo as module
from mmpose_video.tools.demo import (
    EPOCHS,
    INTERRUPTED,
    find_configs,
    main,
)

#: Stands in for ``mim``: leaves what MMPose's scripts leave.
MIM = """
    import json, os, pathlib, sys
    command, _, config, *rest = sys.argv[1:]
    folder = pathlib.Path(rest[rest.index('--work-dir') + 1])
    folder.mkdir(parents=True, exist_ok=True)
    with open(config, 'a') as calls:
        calls.write(json.dumps([command, *rest]) + chr(10))
    if command == 'train':
        print('mmengine - INFO - Epoch(train) [1][5/80] loss: 0.5')
        exec(os.environ.get('TRAINING', ''))
        (folder / 'best_AP_epoch_1.pth').touch()
        (folder / 'epoch_EPOCHS.pth').touch()
    else:
        (folder / '1').mkdir(exist_ok=True)
        ap = dict(untrained=1., test=float(os.environ.get('AP', 20)),
                  video_test=35.)[folder.name]
        (folder / '1' / '1.json').write_text(
            json.dumps({'posetrack/AP': ap}))
""".replace('EPOCHS', str(EPOCHS))
#: Stands in for Python, which the demo starts to render clips.
PYTHON = """
    import sys
    print(sys.argv[3], '160 of 160 clips')
"""


@pytest.fixture
def work_dir(tmp_path):
    """A folder with the parts that need models: untrained and drawn."""
    folder = tmp_path / 'work'
    (folder / 'video').mkdir(parents=True)
    (folder / 'untrained.pth').touch()
    os.utime(folder / 'untrained.pth', (0, 0))
    (folder / 'video' / 'drawn.mp4').touch()
    os.utime(folder / 'video' / 'drawn.mp4', (2e9, 2e9))
    return folder


@pytest.fixture
def run(work_dir, tmp_path, monkeypatch):
    """Run the command; return its status and the trainings it started."""
    programs = tmp_path / 'bin'
    programs.mkdir()
    for name, source in (('mim', MIM), ('python', PYTHON)):
        path = programs / name
        path.write_text(f'#!{sys.executable}\n{textwrap.dedent(source)}')
        path.chmod(0o755)
    # the demo starts what lies beside its interpreter
    monkeypatch.setattr(sys, 'executable', str(programs / 'python'))
    monkeypatch.setattr(module, 'draw_real_video',
                        lambda folder, video: print('real', video) or video)
    calls = tmp_path / 'config'

    def run(*options):
        calls.write_text('')
        status = main(['--work-dir', str(work_dir), '--config', str(calls),
                       *options])
        made = list(map(json.loads, calls.read_text().splitlines()))
        return status, [call for call in made if call[0] == 'train']

    return run


def test_trains_once(run, capsys):
    status, (training, ) = run()
    assert status == 0
    assert f'train_cfg.max_epochs={EPOCHS}' in training
    out = capsys.readouterr().out
    assert 'held-out rendered clips    1.0  20.0' in out
    assert 'the drawn video                    35.0' in out
    for folder, options in module.RENDER.items():
        assert f'{folder} 160 of 160 clips' in out
        assert options in out
    # how long and how much beforehand, then the state of the training
    assert out.index('minutes') < out.index('=== training')
    assert f'epoch 1/{EPOCHS}, iteration 5/80, loss 0.5' in out
    assert run() == (0, [])


def test_a_real_video_comes_first(run, capsys, monkeypatch):
    assert run('--video', 'mine.mp4')[0] == 0
    out = capsys.readouterr().out
    assert out.index('real mine.mp4') < 200
    # and in the report at the end
    assert 'real video        mine.mp4\n' in out
    monkeypatch.setenv('VIDEO', 'other.mp4')
    run()
    assert 'real other.mp4' in capsys.readouterr().out


def test_goes_on_after_a_stop(run, work_dir):
    # a best checkpoint alone does not mean that the training was finished
    (work_dir / 'best_AP_epoch_1.pth').touch()
    _, (training, ) = run()
    assert training[training.index('--resume') + 1] == 'auto'


def test_fresh_starts_again(run, work_dir):
    (work_dir / f'epoch_{EPOCHS}.pth').touch()
    _, (training, ) = run('--fresh')
    assert '--resume' not in training


def test_a_model_that_learned_nothing_is_an_error(run, monkeypatch, capsys):
    monkeypatch.setenv('AP', '1')
    assert run()[0] == 1
    assert 'training.log' in capsys.readouterr().err


def test_a_killed_training_is_an_error(run, monkeypatch, capsys):
    monkeypatch.setenv('TRAINING', 'os.kill(os.getpid(), 9)')
    assert run()[0] == 1
    error = capsys.readouterr().err
    assert 'signal 9' in error and 'training failed' in error
    assert 'again to go on' in error


def test_ctrl_c_says_how_to_go_on(run, monkeypatch, capsys):
    monkeypatch.setenv('TRAINING', 'import time; time.sleep(600)')
    parse = module.parse_run_state

    def interrupt(line):
        threading.Thread(
            target=os.kill, args=(os.getpid(), signal.SIGINT)).start()
        return parse(line)

    # printed before the sleep, but into a file: flushed for this test
    monkeypatch.setenv('PYTHONUNBUFFERED', '1')
    monkeypatch.setattr(module, 'parse_run_state', interrupt)
    assert run()[0] == INTERRUPTED
    assert 'again to go on' in capsys.readouterr().err


def test_configs_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert os.path.isabs(find_configs())
    assert os.path.exists(os.path.join(find_configs(), module.CONFIG))
    assert os.listdir(tmp_path) == []
