"""Refuse versions of PyTorch and of OpenMMLab's packages that do not fit.

What is broken
    The package's metadata names no OpenMMLab distribution, because each has
    two (``mmcv``/``mmcv-lite``/``onedl-mmcv``, ``mmengine``/
    ``onedl-mmengine``, ``mmdet``/``onedl-mmdetection``) and naming one would
    install it over the other. So pip cannot check them; this does, by the
    imported modules' own versions.

When it can go
    Never, as long as two stacks exist.
"""
import importlib
import importlib.util
import warnings
from typing import Mapping, Tuple

# module: lowest version that works, first one that was not tried here
SUPPORTED: Mapping[str, Tuple[str, str]] = {
    'torch': ('2.1.0', '2.15.0'),
    'mmengine': ('0.10.0', '0.11.0'),
    'mmcv': ('2.0.1', '2.4.0'),
    'mmdet': ('3.0.0', '3.6.0'),
    'mmpose': ('1.3.0', '1.4.0'),
}

_ADVICE = ('mmpose_video runs beside either of two stacks: '
           'mmengine 0.10.7, mmcv or mmcv-lite 2.1.0, mmdet 3.3.0, or the '
           'forks onedl-mmengine 0.10.12, onedl-mmcv 2.3.6, '
           'onedl-mmdetection 3.5.1; with mmpose 1.3.2 and torch 2.1 to 2.14. '
           'requirements/ of its source has the pins.')


def check(supported: Mapping[str, Tuple[str, str]] = SUPPORTED) -> None:
    """Compare the imported packages with what works.

    Args:
        supported (Mapping): Per module the lowest version that works and the
            first one that was not tried.

    Raises:
        ImportError: If a package is missing or too old.

    Warns:
        UserWarning: If a package is newer than what was tried.
    """
    for name, (lowest, untried) in supported.items():
        try:
            module = importlib.import_module(name)
        except (ImportError, AssertionError) as error:
            # mmdet and mmpose assert the versions of mmcv and mmengine
            raise ImportError(
                f'mmpose_video needs {name}, which could not be imported: '
                f'{error} {_ADVICE}') from error
        version = module.__version__
        if _release(version) < _release(lowest):
            raise ImportError(f'mmpose_video needs {name}>={lowest}, but '
                              f'{version} is installed. {_ADVICE}')
        if _release(version) >= _release(untried):
            warnings.warn(
                f'{name} {version} is newer than what mmpose_video was tried '
                f'with (below {untried}). {_ADVICE}',
                stacklevel=2)


def _release(version: str) -> Tuple[int, ...]:
    """Return the numbers of a version, without 'rc0' or '+cu121'.

    A release candidate counts as its release: it has the release's changes.
    """
    numbers = []
    for part in version.split('+')[0].split('.')[:3]:
        digits = ''
        for letter in part:
            if not letter.isdigit():
                break
            digits += letter
        numbers.append(int(digits or 0))
    return tuple(numbers)
