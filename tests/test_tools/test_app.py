"""The command line of the app; tests/test_app has the rest."""
import subprocess
import sys
from pathlib import Path

import pytest

from mmpose_video.tools import app

ROOT = Path(__file__).parents[2]


def test_help_imports_neither_torch_nor_gradio():
    code = ('import sys; sys.modules["torch"] = sys.modules["mmpose"] = '
            'sys.modules["gradio"] = None; '
            'import _mmpose_video_cli as cli; cli.main(["app", "--help"])')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'usage: mmpose-video app' in done.stdout


def test_without_gradio_one_line_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(app.importlib.util, 'find_spec', lambda name: None)
    assert app.main([]) == 1
    out = capsys.readouterr()
    assert out.err.startswith('error: the app needs gradio')
    assert '`pip install .[app]`' in out.err and not out.out


def test_checkpoints_belong_to_the_model_before():
    args = app.parse_args([
        '--model', 'movenet-thunder', '--config', 'a.py', '--checkpoint',
        'a.pth', '--model', 'b.py'])
    assert args.models == [('movenet-thunder', None), ('a.py', 'a.pth'),
                           ('b.py', None)]


@pytest.mark.parametrize('words, message', [
    (['--checkpoint', 'x.pth'], 'must follow'),
    (['--model', 'a.py', '--checkpoint', 'x', '--checkpoint', 'y'],
     'must follow'),
    (['--max-size', '0'], 'expected a positive number'),
    (['--max-size', 'big'], 'expected a positive number'),
    (['--port', '99999'], 'expected a port'),
    (['--port', '-1'], 'expected a port')])
def test_arguments_that_make_no_sense(words, message, capsys):
    with pytest.raises(SystemExit):
        app.parse_args(words)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('words', [
    ['--model', 'nowhere.py'],
    ['--model', 'movenet-thunder', '--checkpoint', 'nowhere.pth']])
def test_missing_files_are_named(words, monkeypatch, capsys):
    monkeypatch.setattr(app.importlib.util, 'find_spec', lambda name: True)
    assert app.main(words) == 1
    assert 'there is no file `nowhere.p' in capsys.readouterr().err
