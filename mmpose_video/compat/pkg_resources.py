"""Silence, or announce the lack of, setuptools' ``pkg_resources``.

What is broken
    mmengine 0.10.7 (``utils/package_utils.py``) and openmim 0.3.9 import
    ``pkg_resources``. setuptools 67 to 81 answers with a deprecation warning
    per process; setuptools 82 has removed it, and then a ``_base_`` like
    ``mmpose::...`` and the ``mim`` command fail with an import error.
    onedl-mmengine asks ``importlib.metadata`` instead.

When it can go
    With support for mmengine 0.10.7.
"""
import importlib.util
import warnings


def install() -> None:
    """Filter the deprecation warning; say what is missing if it is.

    Warns:
        UserWarning: If mmengine needs ``pkg_resources`` and it is not there.
    """
    warnings.filterwarnings('ignore', message='pkg_resources is deprecated')
    if importlib.util.find_spec('pkg_resources') is not None:
        return
    from mmengine.utils import package_utils
    if 'pkg_resources' in package_utils.package2module.__code__.co_names:
        warnings.warn(
            "setuptools 82 removed pkg_resources, which mim and config bases "
            "like 'mmpose::...' need under mmengine 0.10: "
            "pip install 'setuptools<82'",
            stacklevel=2)
