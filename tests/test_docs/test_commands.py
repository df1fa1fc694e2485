"""The commands that the pages show are understood as they stand there.

Each is parsed by the program that it calls; the files of the repository that
it names are there, and settings of ``--cfg-options`` are ones that the config
or the class has. What needs data, weights or hours is not run; short runs of
these commands are in the tests of the commands.
"""
import argparse
import inspect
import re
import runpy
import shlex
import sys
from pathlib import Path
from string import Template

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose import registry

import _mmpose_video_cli as cli
from mmpose_video.compat.script_errors import tools_folders
from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS

ROOT = Path(__file__).parents[2]
PAGES = [path.relative_to(ROOT).as_posix() for path in (
    ROOT / 'README.md', ROOT / 'CONTRIBUTING.md',
    *(path for folder in ('docs', 'configs', 'projects')
      for path in sorted((ROOT / folder).rglob('*.md'))))]
#: What stands for the words of a page.
WORDS = {'SET': 'posetrack18', 'LAYOUT': 'dcpose'}
CONFIGS = {
    'CONFIG': 'configs/dcpose/dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py',
    'CONFIG_OF_SUB1':
    'configs/fami/fami_hrnet-w48_1xb48-21e_sub-jhmdb-384x288.py',
    'mouse.py': None,  # see test_own_keypoints.py
    'weighted_mean.py': None,  # see test_code_blocks.py
}
REGISTRIES = (
    registry.MODELS, registry.DATASETS, registry.TRANSFORMS, registry.METRICS,
    registry.HOOKS, registry.OPTIMIZERS, registry.OPTIM_WRAPPERS,
    CLIP_SAMPLERS)


def commands_of(text):
    """Return the commands of a page's shell blocks, as lists of words."""
    found = []
    for block in re.findall(r'```shell\n(.*?)```', text, re.DOTALL):
        names = {}
        for line in block.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            words = [WORDS.get(word) or Template(word).substitute(names)
                     for word in words]
            while words and re.match(r'[A-Z]+=', words[0]):
                name, _, value = words.pop(0).partition('=')
                names[name] = value
            # more words for the command before
            if words and words[0] == '--cfg-options':
                words = [*next(w for w in reversed(found) if w[0] == 'mim'),
                         *words]
            elif words and words[0].startswith('--'):
                words = ['mmpose-video', 'infer', 'VIDEO', *words]
            if words and words[0] != 'export':
                found.append(words)
    return found


class Parsed(BaseException):
    """The arguments of a program, instead of its work."""


def parse(monkeypatch, run, arguments):
    """Run a program up to where it has parsed its arguments."""
    original = argparse.ArgumentParser.parse_args

    def parse_args(self, *args, **kwargs):
        raise Parsed(original(self, *args, **kwargs))

    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, 'parse_args', parse_args)
        patch.setattr(sys, 'argv', ['program', *arguments])
        with pytest.raises(Parsed) as parsed:
            run()
    return parsed.value.args[0]


def stock_script(name):
    """Return a script of MMPose."""
    return next(path for folder in tools_folders()
                for path in folder.rglob(name))


def check_options(options, config):
    """Settings must exist in a config, or be arguments of the class."""
    for name in options:
        *path, last = name.split('.')
        value = config
        for key in path:
            value = value[int(key) if key.isdigit() else key]
        if last in value or path[-1] == 'test_cfg':  # MMPose's, which is free
            continue
        classes = [r.get(value['type']) for r in REGISTRIES]
        arguments = {
            argument for cls in classes if cls is not None
            for base in cls.__mro__[:-1]
            for argument in inspect.signature(base.__init__).parameters}
        assert last in arguments, f'{name}: no such setting'


def config_of(word, page):
    """Return the config that a command names."""
    folder = (ROOT / page).parent
    tiny = sorted(folder.glob('*_synthetic-*.py')) + sorted(
        folder.glob('configs/*_synthetic-*.py'))
    if word == 'CONFIG' and tiny:
        return Config.fromfile(tiny[0])
    path = CONFIGS.get(word, word)
    return path and Config.fromfile(ROOT / path)


def check_mim(words, page, monkeypatch):
    """Check ``mim train``, ``mim test`` and ``mim run``."""
    action, package, *rest = words
    assert package in ('mmpose', 'mmpose_video')
    name = rest.pop(0) if action == 'run' else action
    if '--gpus' in rest:  # of mim
        at = rest.index('--gpus')
        del rest[at:at + 2]
    if '-C' in rest:  # mim calls the checkpoint by a name
        at = rest.index('-C')
        rest[at:at + 2] = [rest[at + 1]]
    script = stock_script(f'{name}.py')
    args = parse(monkeypatch, lambda: runpy.run_path(
        str(script), run_name='__main__'), rest)
    config = config_of(args.config, page)
    if config is not None:
        check_options(getattr(args, 'cfg_options', None) or {}, config)


def check(words, page, monkeypatch):
    """Check one command."""
    program, *rest = words
    if program == 'mim':
        check_mim(rest, page, monkeypatch)
    elif program == 'mmpose-video':
        if rest[0] in ('train', 'test'):
            check_mim([rest[0], 'mmpose', *rest[1:]], page, monkeypatch)
            return
        module = cli.COMMANDS[rest[0]].module
        parse(monkeypatch, lambda: runpy.run_module(
            module, run_name='__main__', alter_sys=True), rest[1:])
    elif program == 'python' and rest[0] == '-m':
        module = rest[1]
        parse(monkeypatch, lambda: runpy.run_module(
            module, run_name='__main__', alter_sys=True), rest[2:])
    elif program == 'python':
        script = ROOT / rest[0]
        monkeypatch.syspath_prepend(str(script.parent))
        parse(monkeypatch, lambda: runpy.run_path(
            str(script), run_name='__main__'), rest[1:])
    elif program == 'make':
        assert re.search(rf'^{rest[0]}:', (ROOT / 'Makefile').read_text(),
                         re.MULTILINE)
    elif program == 'source':
        # what `make install` makes
        assert rest == ['.venv/bin/activate']
    elif program == 'pip':
        files = [b for a, b in zip(rest, rest[1:]) if a == '-r']
        assert all((ROOT / file).is_file() for file in files)
        assert rest[0] == 'install'
    else:
        assert words == ['pre-commit', 'install']
        assert (ROOT / '.pre-commit-config.yaml').is_file()


@pytest.mark.slow
@pytest.mark.parametrize('page', [
    page for page in PAGES if commands_of((ROOT / page).read_text())])
def test_commands(page, monkeypatch):
    init_default_scope('mmpose')
    monkeypatch.chdir(ROOT)
    for words in commands_of((ROOT / page).read_text()):
        check(words, page, monkeypatch)


def test_a_wrong_command_is_found_out(monkeypatch):
    monkeypatch.chdir(ROOT)
    for words in ('mmpose-video infer VIDEO --no-such-option',
                  'python benchmarks/report.py --no-such a'):
        with pytest.raises(SystemExit):
            check(words.split(), 'README.md', monkeypatch)
    for option in ('model.neck.no_such', 'model.no_such.channels'):
        with pytest.raises((AssertionError, KeyError)):
            check_options([option], config_of('CONFIG', 'README.md'))
    with pytest.raises(FileNotFoundError):
        check('mim train mmpose configs/no_such.py'.split(), 'README.md',
              monkeypatch)
