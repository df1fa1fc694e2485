import warnings

import pytest
from mmengine.utils import package_utils

from mmpose_video.compat import pkg_resources


def uses_it():
    return 'pkg_resources' in package_utils.package2module.__code__.co_names


def test_deprecation_is_silenced():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        pkg_resources.install()
        warnings.warn('pkg_resources is deprecated as an API.', stacklevel=1)
        warnings.warn('another', stacklevel=1)
    assert [str(w.message) for w in caught] == ['another']


def test_its_absence_is_announced_where_it_matters(monkeypatch, recwarn):
    monkeypatch.setattr(pkg_resources.importlib.util, 'find_spec',
                        lambda name: None)
    if uses_it():  # official mmengine
        with pytest.warns(UserWarning, match='setuptools<82'):
            pkg_resources.install()
    else:
        pkg_resources.install()
        assert not recwarn.list
