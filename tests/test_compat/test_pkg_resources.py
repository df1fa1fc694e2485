"""``pkg_resources``, with setuptools' own and without it."""
import importlib
import importlib.machinery
import importlib.metadata
import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import mmpose
import pytest
from mmengine.utils import package_utils

from mmpose_video.compat import (
    missing_pkg_resources,
    pkg_resources,
    startup,
)

HIDE = """
    class Hidden:
        '''The import system of an environment without pkg_resources.'''

        # the package importlib_metadata takes its own in its place
        find_distributions = getattr(PathFinder, 'find_distributions', None)

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == 'pkg_resources':
                return None
            return PathFinder.find_spec(name, path, target)
"""


@pytest.fixture
def hidden(monkeypatch):
    """Hide setuptools' own; the startup finder is there."""
    names = dict(PathFinder=importlib.machinery.PathFinder)
    exec(textwrap.dedent(HIDE), names)
    monkeypatch.setattr(sys, 'meta_path', [
        names['Hidden'] if finder is importlib.machinery.PathFinder
        else finder for finder in sys.meta_path])
    for name in list(sys.modules):
        if name.partition('.')[0] == 'pkg_resources':
            monkeypatch.delitem(sys.modules, name)
    yield
    sys.modules.pop('pkg_resources', None)


def import_as(package):
    """Import ``pkg_resources`` from code of a package."""
    names = dict(__name__=f'{package}.part')
    exec('import pkg_resources', names)
    return names['pkg_resources']


def test_deprecation_is_silenced():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        pkg_resources.install()
        warnings.warn('pkg_resources is deprecated as an API.', stacklevel=1)
        warnings.warn('another', stacklevel=1)
    assert [str(w.message) for w in caught] == ['another']


def test_setuptools_own_wins():
    if importlib.machinery.PathFinder.find_spec('pkg_resources') is None:
        pytest.skip('this setuptools has none')
    assert hasattr(import_as('mim'), 'resource_filename')


@pytest.mark.parametrize('package', ['mim', 'mmengine', 'mmpretrain'])
def test_answered_to_those_who_need_it(package, hidden):
    found = import_as(package)
    assert found.__file__ == missing_pkg_resources.__file__
    # called by click, in the case of mim
    assert importlib.reload(found) is found
    with pytest.raises(ImportError, match='setuptools<82'):
        found.__getattr__('resource_filename')


def test_not_answered_to_those_who_do_without(hidden):
    with pytest.raises(ModuleNotFoundError):
        import_as('google')
    assert startup.CompatFinder.find_spec('pkg_resources') is None


def test_mmengine_finds_packages(hidden):
    assert package_utils.is_installed('mmpose')
    assert not package_utils.is_installed('no-such-thing')
    assert package_utils.get_installed_path('mmpose') == os.path.dirname(
        mmpose.__file__)
    assert package_utils.package2module('mmpose') == 'mmpose'


def test_distributions():
    found = missing_pkg_resources.get_distribution('MMPose')
    assert found.project_name == 'mmpose'
    assert found.version == mmpose.__version__
    assert Path(found.location, 'mmpose', '__init__.py').samefile(
        mmpose.__file__)
    assert found.has_metadata('top_level.txt')
    assert found.get_metadata('METADATA').startswith('Metadata-Version:')
    assert not found.has_metadata('none.txt')
    with pytest.raises(FileNotFoundError, match='mmpose .* has no none.txt'):
        found.get_metadata('none.txt')
    with pytest.raises(missing_pkg_resources.DistributionNotFound,
                       match='no-such-thing'):
        missing_pkg_resources.get_distribution('no-such-thing')
    assert {d.project_name for d in missing_pkg_resources.working_set} == {
        d.metadata['Name'] for d in importlib.metadata.distributions()
        if d.metadata['Name']}
    parse = missing_pkg_resources.parse_version
    assert parse('1.10.0') > parse('1.9.1')


def test_pytest_changes_the_search_path(hidden, monkeypatch, tmp_path):
    import_as('mim')
    monkeypatch.syspath_prepend(str(tmp_path))
    assert sys.path[0] == str(tmp_path)


def test_namespace_packages(hidden, monkeypatch, tmp_path):
    for part in ('one', 'two'):
        folder = tmp_path / part / 'spread_ns'
        folder.mkdir(parents=True)
        (folder / f'{part}.py').write_text('')
        (folder / '__init__.py').write_text(
            "__import__('pkg_resources').declare_namespace(__name__)\n")
        monkeypatch.setattr(sys, 'path', [str(tmp_path / part), *sys.path])
    import_as('mmengine')
    try:
        assert importlib.import_module('spread_ns.one')
        assert importlib.import_module('spread_ns.two')
    finally:
        for name in [n for n in sys.modules if n.startswith('spread_ns')]:
            del sys.modules[name]


@pytest.mark.slow
def test_mim_starts(tmp_path):
    """In a process in which only the startup file has been loaded."""
    pytest.importorskip('mim', exc_type=ImportError)
    code = f"""
    import runpy, sys
    from importlib.machinery import PathFinder
    {HIDE}
    sys.meta_path[sys.meta_path.index(PathFinder)] = Hidden
    runpy.run_path({startup.__file__!r})
    sys.argv = ['mim', 'list']
    runpy.run_module('mim', run_name='__main__')
    """
    done = subprocess.run([sys.executable, '-c', textwrap.dedent(code)],
                          cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f'mmpose     {mmpose.__version__}'.split() in [
        line.split()[:2] for line in done.stdout.splitlines()]
