"""Silence the deprecation warning of setuptools' ``pkg_resources``.

What is broken
    mmengine 0.10.7 (``utils/package_utils.py``) and openmim 0.3.9 import
    ``pkg_resources``. setuptools 67 to 81 answers with a deprecation warning
    per process. setuptools 82 has removed it;
    :mod:`mmpose_video.compat.startup` answers what they use of it.

When it can go
    With support for mmengine 0.10.7.
"""
import warnings


def install() -> None:
    """Filter the deprecation warning."""
    warnings.filterwarnings('ignore', message='pkg_resources is deprecated')
