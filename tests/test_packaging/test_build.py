"""What the wheels of a normal and an editable install hold."""
import base64
import csv
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import mmpose_video

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT / 'setup.py').is_file(), reason='not run from a source tree')


@pytest.fixture(scope='module')
def source(tmp_path_factory):
    """A copy of what the build reads, without the tests and environments."""
    folder = tmp_path_factory.mktemp('source')
    for name in ('mmpose_video', 'configs', 'requirements'):
        shutil.copytree(
            ROOT / name,
            folder / name,
            ignore=shutil.ignore_patterns('__pycache__', '.mim'))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


def build(source, kind, out):
    """Build as pip does, but with the setuptools at hand."""
    out.mkdir()
    result = subprocess.run([
        sys.executable, '-c', 'import sys; from setuptools import build_meta; '
        f'build_meta.build_{kind}(sys.argv[1])',
        str(out)
    ],
                            cwd=source,
                            capture_output=True,
                            text=True)
    assert result.returncode == 0, result.stderr
    wheels = list(out.glob('*.whl'))
    assert len(wheels) == 1
    return zipfile.ZipFile(wheels[0])


@pytest.fixture(scope='module')
def normal(source, tmp_path_factory):
    return build(source, 'wheel', tmp_path_factory.mktemp('n') / 'out')


@pytest.fixture(scope='module')
def editable(source, tmp_path_factory):
    return build(source, 'editable', tmp_path_factory.mktemp('e') / 'out')


def read(wheel, ending):
    names = [name for name in wheel.namelist() if name.endswith(ending)]
    assert len(names) == 1, (ending, names)
    return wheel.read(names[0]).decode()


@pytest.mark.slow
def test_normal_holds_copies(normal, source):
    names = set(normal.namelist())
    mim = 'mmpose_video/.mim/'
    for folder in ('configs', 'mmpose_video/tools'):
        for path in (source / folder).rglob('*.py'):
            name = mim + Path(
                folder).name + '/' + path.relative_to(source /
                                                      folder).as_posix()
            assert normal.read(name) == path.read_bytes()
    assert {mim + 'model-index.yml', mim + 'dataset-index.yml'} <= names
    assert read(normal, 'top_level.txt').split()[-1] == 'mmpose_video'
    assert not [n for n in names if n.startswith(('tests', 'configs'))]
    assert {'_mmpose_video_cli.py', 'mmpose_video/py.typed'} <= names
    assert 'mmpose-video = _mmpose_video_cli:main' in read(
        normal, 'entry_points.txt')


@pytest.mark.slow
def test_every_module_is_in(normal, source):
    for path in (source / 'mmpose_video').rglob('*.py'):
        if '.mim' not in path.parts:
            assert path.relative_to(source).as_posix() in normal.namelist()


@pytest.mark.slow
@pytest.mark.parametrize('kind', ['normal', 'editable'])
def test_startup_files(kind, request, source):
    wheel = request.getfixturevalue(kind)
    for name in ('startup', 'torch_environment'):
        file = source / 'mmpose_video' / 'compat' / f'{name}.py'
        assert wheel.read(f'_mmpose_video_{name}.py') == file.read_bytes()
    assert wheel.read('mmpose_video.pth') == (
        b'import _mmpose_video_startup, _mmpose_video_torch_environment\n')


@pytest.mark.slow
def test_editable_links(editable, source):
    mim = source / 'mmpose_video' / '.mim'
    assert (mim / 'configs').resolve() == source / 'configs'
    assert (mim / 'tools').resolve() == source / 'mmpose_video' / 'tools'
    for name in ('model-index.yml', 'dataset-index.yml'):
        assert (mim / name).is_symlink() and (mim / name).is_file()
    assert not os.path.isabs(os.readlink(mim / 'configs'))
    # what mim joins with site-packages
    found = read(editable, 'top_level.txt').split('\n')[0]
    assert Path(os.path.join('/somewhere/site-packages', found)) == \
        source / 'mmpose_video'


@pytest.mark.slow
@pytest.mark.parametrize('kind', ['normal', 'editable'])
def test_record_is_right(kind, request):
    # pip checks hashes, and removes what is listed
    wheel = request.getfixturevalue(kind)
    rows = {
        row[0]: row[1:]
        for row in csv.reader(io.StringIO(read(wheel, 'RECORD')))
    }
    assert set(rows) == {n for n in wheel.namelist() if not n.endswith('/')}
    for name, (digest, size) in rows.items():
        if not name.endswith('RECORD'):
            data = wheel.read(name)
            expected = base64.urlsafe_b64encode(
                hashlib.sha256(data).digest()).decode().rstrip('=')
            assert digest == f'sha256={expected}' and int(size) == len(data)


@pytest.mark.slow
def test_metadata_names_no_stack(normal):
    lines = read(normal, '.dist-info/METADATA').split('\n')
    assert f'Version: {mmpose_video.__version__}' in lines
    assert 'Name: mmpose_video' in lines
    needs = [line.split()[1] for line in lines if
             line.startswith('Requires-Dist')]
    assert any(need.startswith('einops') for need in needs)
    for need in needs:
        for host in ('torch', 'mmcv', 'mmengine', 'mmdet', 'mmpose', 'onedl',
                     'opencv'):
            assert not need.lower().startswith(host), need
    extras = {line.split()[1] for line in lines if
              line.startswith('Provides-Extra')}
    assert extras == {
        'app', 'dev', 'docs', 'formats', 'mamba', 'mot', 'onnx', 'video',
        'vit'
    }


def test_config_names_are_unique():
    # mim finds a config by its file's name alone
    names = [path.name for path in (ROOT / 'configs').rglob('*.py')
             if '_base_' not in path.parts]
    assert names and len(names) == len(set(names))


def test_version_is_stated_once():
    assert importlib.util.find_spec('mmpose_video.version')
    for name in ('pyproject.toml', 'setup.py'):
        assert mmpose_video.__version__ not in (ROOT / name).read_text()


def test_the_citation_names_this_version():
    text = (ROOT / 'CITATION.cff').read_text()
    assert f'\nversion: {mmpose_video.__version__}\n' in text
