"""Find ``mmcv._ext`` where mmcv was installed without its operators.

What is broken
    ``mmpose.models`` imports ``mmcv.ops``, and every file of ``mmcv.ops``
    loads the compiled module ``mmcv._ext`` when imported
    (``mmcv/utils/ext_loader.py``, mmcv 2.0 to 2.2, onedl-mmcv 2.3). PyPI has
    no binary of it: ``mmcv-lite`` and a plain ``pip install onedl-mmcv``
    leave it out, and then mmpose cannot be imported at all.

Why a finder, and why at interpreter start
    A config's ``custom_imports`` comes too late for some of MMPose's own
    scripts: ``get_flops.py`` and ``browse_dataset.py`` import ``mmpose.apis``
    and ``mmpose.datasets`` before they read a config. The build therefore
    installs a copy of this file beside the package (``setup.py``), with a
    ``.pth`` file that imports it. It costs one import of a file without
    dependencies, and changes nothing unless ``mmcv._ext`` is imported and not
    found elsewhere: the finder stands last in ``sys.meta_path``, so a
    compiled ``mmcv._ext`` always wins, even one that fails to load.

When it can go
    When mmpose no longer imports ``mmcv.ops`` unguarded, or a binary of full
    mmcv is on PyPI for the supported versions of torch.

This file must not import anything outside of the standard library, nor the
package: it also runs in processes that have nothing to do with MMPose.
"""
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any, Optional

_TARGET = 'mmcv._ext'


class MmcvExtFinder:
    """Answer ``mmcv._ext`` with ``mmpose_video/compat/mmcv_ext``.

    The replacement is loaded under the name ``mmcv._ext``, by path. Importing
    it as a part of ``mmpose_video`` would import the whole package, which
    imports mmpose, which is just being imported.
    """

    @classmethod
    def find_spec(
            cls,
            fullname: str,
            path: Any = None,
            target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        """See :meth:`importlib.abc.MetaPathFinder.find_spec`."""
        if fullname != _TARGET:
            return None
        package = importlib.util.find_spec('mmpose_video')
        if package is None or not package.submodule_search_locations:
            return None
        folder = os.path.join(
            list(package.submodule_search_locations)[0], 'compat', 'mmcv_ext')
        return importlib.util.spec_from_file_location(
            fullname,
            os.path.join(folder, '__init__.py'),
            submodule_search_locations=[folder])


def install() -> None:
    """Put the finder last in ``sys.meta_path``, once."""
    # By name: the class exists twice when both copies of this file are loaded.
    if not any(
            getattr(finder, '__name__', None) == MmcvExtFinder.__name__
            for finder in sys.meta_path):
        sys.meta_path.append(MmcvExtFinder)


install()
