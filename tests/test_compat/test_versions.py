import sys
import types

import pytest

from mmpose_video.compat import versions


@pytest.fixture
def host(monkeypatch):
    module = types.ModuleType('a_host')
    module.__version__ = '1.2.3'
    monkeypatch.setitem(sys.modules, 'a_host', module)
    return module


def test_the_present_stack_fits(recwarn):
    versions.check()
    assert not recwarn.list


def test_too_old(host):
    with pytest.raises(ImportError) as error:
        versions.check({'a_host': ('1.3.0', '2.0.0')})
    message = str(error.value)
    assert 'a_host>=1.3.0' in message and '1.2.3 is installed' in message
    assert 'onedl-mmcv' in message and 'mmcv-lite' in message


@pytest.mark.parametrize('version', ['2.0.0', '2.0.0rc1', '2.0.0+cu121'])
def test_untried_is_a_warning(host, version):
    host.__version__ = version
    with pytest.warns(UserWarning, match='newer than'):
        versions.check({'a_host': ('1.3.0', '2.0.0')})


@pytest.mark.parametrize('version', ['1.3.0', '1.10.0', '1.9.9+cpu'])
def test_fits(host, version, recwarn):
    host.__version__ = version
    versions.check({'a_host': ('1.3.0', '1.11.0')})
    assert not recwarn.list


def test_missing():
    with pytest.raises(ImportError, match='mmpose_video needs no_such_host'):
        versions.check({'no_such_host': ('1.0', '2.0')})


def test_assertion_of_a_package_is_reported(monkeypatch):
    # mmdet asserts the version of mmcv while it is imported
    def refuse(name):
        raise AssertionError('MMCV==9 is used but incompatible')

    monkeypatch.setattr(versions.importlib, 'import_module', refuse)
    with pytest.raises(ImportError, match='MMCV==9'):
        versions.check({'mmdet': ('3.0.0', '4.0.0')})
