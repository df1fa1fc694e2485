"""The part of ``pkg_resources`` that OpenMMLab's packages use.

Loaded under the name ``pkg_resources`` by :mod:`mmpose_video.compat.startup`,
which says for whom and why. Everything comes from ``importlib.metadata``.
Others find it in ``sys.modules`` afterwards, and for them there is what
concerns namespace packages: pytest updates those whenever ``pkg_resources``
is loaded. Asking for anything else is an ImportError, as it is where
``pkg_resources`` is missing altogether.
"""
import importlib.metadata
import pkgutil
import sys
from typing import Any, Iterator

from packaging.version import parse as parse_version

__all__ = [
    'Distribution', 'DistributionNotFound', 'declare_namespace',
    'fixup_namespace_packages', 'get_distribution', 'parse_version',
    'working_set'
]


class DistributionNotFound(Exception):  # noqa: N818  their name
    """Error raised for a distribution that is not installed."""


class Distribution:
    """An installed distribution.

    Args:
        found (importlib.metadata.Distribution): The same for Python.

    Attributes:
        project_name (str): Its name.
        version (str): Its version.
        location (str): The folder that holds it, such as site-packages.
    """

    def __init__(self, found: importlib.metadata.Distribution) -> None:
        self._found = found
        self.project_name = found.metadata['Name']
        self.version = found.version
        self.location = str(found.locate_file(''))

    def has_metadata(self, name: str) -> bool:
        """Return whether the distribution has a file of metadata."""
        return self._found.read_text(name) is not None

    def get_metadata(self, name: str) -> str:
        """Return a file of metadata.

        Raises:
            FileNotFoundError: If there is none of this name.
        """
        text = self._found.read_text(name)
        if text is None:
            raise FileNotFoundError(
                f'{self.project_name} {self.version} has no {name}')
        return text


def get_distribution(name: str) -> Distribution:
    """Return an installed distribution.

    Args:
        name (str): Its name; upper case, ``-`` and ``_`` make no difference.

    Raises:
        DistributionNotFound: If it is not installed.
    """
    try:
        return Distribution(importlib.metadata.distribution(name))
    except importlib.metadata.PackageNotFoundError as error:
        raise DistributionNotFound(
            f'the distribution {name!r} is not installed') from error


def declare_namespace(name: str) -> None:
    """Let the present package be spread over several folders.

    Args:
        name (str): The package, whose module calls this.
    """
    module = sys.modules[name]
    module.__path__ = pkgutil.extend_path(  # type: ignore[attr-defined]
        module.__path__, name)


def fixup_namespace_packages(path: str, parent: Any = None) -> None:
    """Do nothing: a later folder does not join declared packages."""


class _WorkingSet:
    """All installed distributions."""

    def __iter__(self) -> Iterator[Distribution]:
        for found in importlib.metadata.distributions():
            if found.metadata['Name']:  # not so in leftovers of pip
                yield Distribution(found)


working_set = _WorkingSet()


def __getattr__(name: str) -> Any:
    """Refuse the rest of ``pkg_resources``."""
    if name.startswith('_'):  # pytest asks whether there are some
        raise AttributeError(name)
    raise ImportError(
        f'setuptools 82 removed pkg_resources; pip install "setuptools<82" '
        f'brings {name} back')
