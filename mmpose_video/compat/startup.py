"""Find ``mmcv._ext`` and ``pkg_resources``, and explain an error of mim.

What is broken
    ``mmpose.models`` imports ``mmcv.ops``, and every file of ``mmcv.ops``
    loads the compiled module ``mmcv._ext`` when imported
    (``mmcv/utils/ext_loader.py``, mmcv 2.0 to 2.2, onedl-mmcv 2.3). PyPI has
    no binary of it: ``mmcv-lite`` and a plain ``pip install onedl-mmcv``
    leave it out, and then mmpose cannot be imported at all.

    openmim 0.3.9 and mmengine 0.10.7 (``utils/package_utils.py``) import
    ``pkg_resources``, which setuptools 82 removed: ``mim`` does not start,
    and a config's ``_base_ = 'mmpose::...'`` is an error. onedl-mmengine asks
    ``importlib.metadata`` instead.

Why a finder, and why at interpreter start
    A config's ``custom_imports`` comes too late for some of MMPose's own
    scripts: ``get_flops.py`` and ``browse_dataset.py`` import ``mmpose.apis``
    and ``mmpose.datasets`` before they read a config. The build therefore
    installs a copy of this file beside the package (``setup.py``), with a
    ``.pth`` file that imports it. It costs one import of a file without
    dependencies, and changes nothing unless one of the two is imported and
    not found elsewhere: the finder stands last in ``sys.meta_path``, so a
    compiled ``mmcv._ext`` always wins, even one that fails to load, and so
    does setuptools' own ``pkg_resources``. Only OpenMMLab's packages are
    answered when they import the latter: others probe for it, to go another
    way without. In a process that runs ``mim download --dataset``, an error
    is explained by :mod:`mmpose_video.compat.mim_download`.

When it can go
    The one when mmpose no longer imports ``mmcv.ops`` unguarded, or a binary
    of full mmcv is on PyPI for the supported versions of torch; the other
    with support for openmim 0.3 and mmengine 0.10.7.

This file must not import anything outside of the standard library, nor the
package: it also runs in processes that have nothing to do with MMPose.
"""
import importlib.machinery
import importlib.util
import os
import runpy
import sys
import warnings
from typing import Any, Optional, Sequence

#: Module: what answers it, in ``mmpose_video/compat``.
_ANSWERS = {
    'mmcv._ext': os.path.join('mmcv_ext', '__init__.py'),
    'pkg_resources': 'missing_pkg_resources.py',
}
_USERS_OF_PKG_RESOURCES = ('mim', 'mmengine', 'mmpretrain')


class CompatFinder:
    """Answer modules with files of ``mmpose_video/compat``.

    They are loaded under the names that were asked for, by path. Importing
    them as parts of ``mmpose_video`` would import the whole package, which
    imports mmpose, which is just being imported.
    """

    @classmethod
    def find_spec(
            cls,
            fullname: str,
            path: Any = None,
            target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        """See :meth:`importlib.abc.MetaPathFinder.find_spec`."""
        if fullname not in _ANSWERS:
            return None
        # a target is what importlib.reload(), of which both users are fond,
        # has loaded before
        if (fullname == 'pkg_resources' and target is None
                and _importer() not in _USERS_OF_PKG_RESOURCES):
            return None
        file = _path_of(_ANSWERS[fullname])
        if file is None:
            return None
        # a package is a folder, and its parts are looked for there
        parts = ([os.path.dirname(file)]
                 if os.path.basename(file) == '__init__.py' else None)
        return importlib.util.spec_from_file_location(
            fullname, file, submodule_search_locations=parts)


def _path_of(name: str) -> Optional[str]:
    """Return the path of a file of ``mmpose_video/compat``."""
    package = importlib.util.find_spec('mmpose_video')
    if package is None or not package.submodule_search_locations:
        return None
    return os.path.join(
        list(package.submodule_search_locations)[0], 'compat', name)


def _importer() -> str:
    """Return the package whose code called for the present import."""
    frame = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get('__name__', '').partition('.')[0]
        if (package not in ('importlib', '_frozen_importlib')
                and frame.f_globals is not globals()):
            return package
        frame = frame.f_back  # type: ignore[assignment]
    return ''


def install() -> None:
    """Put the finder last in ``sys.meta_path``, once."""
    # By name: the class exists twice when both copies of this file are loaded.
    if not any(
            getattr(finder, '__name__', None) == CompatFinder.__name__
            for finder in sys.meta_path):
        sys.meta_path.append(CompatFinder)
    if _downloads_dataset(sys.orig_argv):
        sys.excepthook = _explain
        warnings.filterwarnings(
            'ignore', message='(?s).*pkg_resources is deprecated')


def _downloads_dataset(words: Sequence[str]) -> bool:
    """Return whether a process runs ``mim download --dataset``."""
    return 'mim' in map(os.path.basename, words[1:3]) and any(
        word.partition('=')[0] == '--dataset' for word in words)


def _explain(kind: Any, error: BaseException, trace: Any) -> None:
    """Print an error that nothing has caught; see :data:`sys.excepthook`."""
    line, file = None, _path_of('mim_download.py')
    if file is not None:
        line = runpy.run_path(file)['answer'](error)
    if line is None:
        sys.__excepthook__(kind, error, trace)
    else:
        print(line, file=sys.stderr)


install()
