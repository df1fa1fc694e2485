"""Build script; everything declarative lives in pyproject.toml.

What setuptools cannot be told there:

* ``mmpose_video/.mim``, where ``mim`` looks for a package's configs, tools
  and indexes: copies in a normal install, links into the source tree in an
  editable one.
* ``_mmpose_video_startup.py``, ``_mmpose_video_torch_environment.py`` and the
  ``.pth`` file that imports them at interpreter start:
  ``mmpose_video/compat/startup.py`` and ``torch_environment.py`` say why.
* In an editable install, where the package lies. ``mim`` and MMEngine join
  the site-packages folder with the first line of ``top_level.txt``, so an
  absolute path there leads them to the source tree.
"""
import base64
import csv
import hashlib
import io
import shutil
import zipfile
from pathlib import Path
from typing import Dict

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / 'mmpose_video'
# name below .mim: where it comes from
MIM = {
    'configs': ROOT / 'configs',
    'tools': PACKAGE / 'tools',
    'model-index.yml': ROOT / 'model-index.yml',
    'dataset-index.yml': ROOT / 'dataset-index.yml',
}


def startup_files() -> Dict[str, bytes]:
    """Content of the files beside the package, by name."""
    return {
        '_mmpose_video_startup.py':
        (PACKAGE / 'compat' / 'startup.py').read_bytes(),
        '_mmpose_video_torch_environment.py':
        (PACKAGE / 'compat' / 'torch_environment.py').read_bytes(),
        'mmpose_video.pth':
        b'import _mmpose_video_startup, '
        b'_mmpose_video_torch_environment\n',
    }


def copy_mim(folder: Path) -> None:
    """Fill a package's ``.mim`` with copies."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, source in MIM.items():
        if source.is_dir():
            shutil.copytree(
                source,
                folder / name,
                ignore=shutil.ignore_patterns('__pycache__', '*.pyc'))
        else:
            shutil.copyfile(source, folder / name)


def link_mim(folder: Path) -> None:
    """Fill the source tree's ``.mim`` with relative links."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, source in MIM.items():
        parts = source.relative_to(ROOT).parts
        try:
            (folder / name).symlink_to(
                Path('..', '..', *parts), target_is_directory=source.is_dir())
        except OSError as error:  # Windows without the privilege
            print(f'mim will not find {name}: no link could be made: {error}')


def amend_wheel(path: Path, files: Dict[str, bytes]) -> None:
    """Add or replace files of a wheel, its record included.

    Args:
        path (Path): The wheel.
        files (dict): Content by name within the wheel.
    """
    with zipfile.ZipFile(path) as wheel:
        content = {info.filename: wheel.read(info) for info in
                   wheel.infolist()}
    content.update(files)
    record = next(name for name in content if
                  name.endswith('.dist-info/RECORD'))
    content.pop(record)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator='\n')
    for name, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
        writer.writerow([
            name, 'sha256=' + digest.decode().rstrip('='), len(data)
        ])
    writer.writerow([record, '', ''])
    content[record] = lines.getvalue().encode()
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as wheel:
        for name, data in content.items():
            wheel.writestr(name, data)


class BuildPy(build_py):
    """Adds ``.mim`` and the start-up files to a normal build."""

    def run(self) -> None:
        """Build, then add."""
        super().run()
        if getattr(self, 'editable_mode', False):
            return  # EditableWheel does its part
        folder = Path(self.build_lib)
        copy_mim(folder / 'mmpose_video' / '.mim')
        for name, data in startup_files().items():
            (folder / name).write_bytes(data)


class EditableWheel(editable_wheel):
    """Links ``.mim``; adds to the wheel what pip is to install."""

    def run(self) -> None:
        """Build the wheel, then amend it."""
        link_mim(PACKAGE / '.mim')
        super().run()
        wheel = max(
            Path(self.dist_dir).glob('*.whl'),
            key=lambda path: path.stat().st_mtime_ns)
        info = Path(self.dist_info_dir).name
        amend_wheel(
            wheel, {
                **startup_files(),
                f'{info}/top_level.txt': f'{PACKAGE}\n'.encode(),
            })


setup(cmdclass=dict(build_py=BuildPy, editable_wheel=EditableWheel))
