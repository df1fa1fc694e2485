"""The command ``mmpose-video``."""
import argparse
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import _mmpose_video_cli as cli
import mmpose_video

ROOT = Path(__file__).parents[1]


def run(*args):
    """Run the command line in a new process, and return its modules."""
    code = ('import sys; import _mmpose_video_cli as cli; '
            'status = cli.main(sys.argv[1:]); '
            'print("modules:", *sys.modules, file=sys.stderr); '
            'sys.exit(status)')
    return subprocess.run([sys.executable, '-c', code, *args],
                          capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize('args', [(), ('--help', ), ('-h', )])
def test_help_lists_all_and_imports_nothing(args):
    result = run(*args)
    assert result.returncode == 0
    listed = [line.split()[0] for line in result.stdout.splitlines()
              if line.startswith('  ')]
    assert listed == list(cli.COMMANDS)
    modules = set(result.stderr.split('modules:')[1].split())
    assert not modules & {'torch', 'numpy', 'mmengine', 'mmpose',
                          'mmpose_video'}


@pytest.mark.parametrize('given, near', [
    ('infr', 'infer'), ('evalute', 'evaluate'), ('propagate_labels',
                                                 'propagate-labels')])
def test_an_unknown_name_suggests_the_nearest(given, near):
    result = run(given)
    assert result.returncode == 2 and not result.stdout
    assert f"no command '{given}'; did you mean '{near}'?" in result.stderr


def test_a_far_name_points_at_the_help(capsys):
    assert cli.main(['xyz']) == 2
    assert '--help lists the commands' in capsys.readouterr().err


def test_version(capsys):
    assert cli.main(['--version']) == 0
    assert capsys.readouterr().out.split()[1] == mmpose_video.__version__


def test_every_tool_has_a_command():
    # a tool is a module that runs when it is called by its name
    tools = {
        f'mmpose_video.tools.{path.stem}'
        for path in (ROOT / 'mmpose_video' / 'tools').glob('*.py')
        if "\nif __name__ == '__main__':" in path.read_text()
    }
    for command in cli.COMMANDS.values():
        assert importlib.util.find_spec(command.module)
    assert tools <= {command.module for command in cli.COMMANDS.values()}


@pytest.mark.parametrize('name', ['render', 'evaluate', 'flops'])
def test_a_command_calls_itself_by_its_name(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['pytest'])
    with pytest.raises(SystemExit) as stop:
        cli.main([name, '--help'])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith(f'usage: mmpose-video {name} ')


#: What the same option means in all commands.
SAME = {
    '--cfg-options': 'changes to the config',
    '--device': 'default: the first GPU, or cpu',
    '--quiet': 'show no progress',
    '--detector-checkpoint': 'weights of the detector',
}


@pytest.mark.parametrize('name', [
    name for name in cli.COMMANDS if name not in ('train', 'test', 'publish')])
def test_help_is_of_one_style(name, monkeypatch, capsys):
    parsers = []
    monkeypatch.setattr(sys, 'argv', ['pytest'])
    monkeypatch.setattr(argparse.ArgumentParser, 'print_help',
                        lambda self: parsers.append(self))
    with pytest.raises(SystemExit):
        cli.main([name, '--help'])
    parser, = parsers
    shown = parser.description
    assert f'\n    mmpose-video {name}' in shown, 'no example'
    # the first line says what to do; a blank line and the examples follow
    assert shown.splitlines()[0].endswith('.') and not shown.splitlines()[1]
    for action in parser._actions:
        says = action.help
        assert says, action
        option = (action.option_strings or [''])[0]
        assert SAME.get(option, '') in says
        assert option or action.metavar.isupper(), action
        assert 'default' not in says or '(default: ' in says, action
        if option and action.default not in (
                None, False, [], (), argparse.SUPPRESS):
            assert '(default: ' in says, action


def test_a_failure_is_the_exit_status(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, 'argv', ['pytest'])
    with pytest.raises(SystemExit) as stop:
        cli.main(['evaluate', str(tmp_path / 'no'), str(tmp_path / 'no')])
    assert stop.value.code == 1
    assert 'Traceback' not in capsys.readouterr().err


def test_ctrl_c_is_an_exit_status(tmp_path):
    # stands in for a tool
    (tmp_path / 'interrupted_tool.py').write_text(
        'import signal\nsignal.raise_signal(signal.SIGINT)\n')
    result = subprocess.run(
        [sys.executable, '-c', 'import sys; import _mmpose_video_cli as cli\n'
         'cli.COMMANDS["tool"] = cli.Command("interrupted_tool", "")\n'
         'sys.exit(cli.main(["tool"]))'],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(
            [str(tmp_path), str(ROOT)])},
        capture_output=True, text=True)
    assert result.returncode == 130
    assert result.stderr.strip() == 'interrupted'


def test_the_script_is_installed():
    scripts = [
        entry.value for entry in importlib.metadata.entry_points(
            group='console_scripts') if entry.name == 'mmpose-video'
    ]
    if not scripts:
        pytest.skip('installed before the command existed')
    assert scripts == ['_mmpose_video_cli:main']
