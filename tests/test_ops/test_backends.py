import warnings

import pytest
import torch
from scan_cases import scan_inputs

from mmpose_video.ops import (
    ScanBackendError,
    available_backends,
    backends,
    cpp_backend,
    selective_scan,
)
from mmpose_video.ops.backends import BACKENDS, requested_backend
from mmpose_video.ops.cpp_compiler import KernelUnavailableError


@pytest.fixture
def fresh():
    """Clear the cached availability before and after the test."""
    def forget():
        for cached in (backends._load, backends._warn_slow,
                       cpp_backend._kernel):
            if hasattr(cached, 'cache_clear'):
                cached.cache_clear()
    forget()
    yield
    forget()


@pytest.fixture
def no_kernel(monkeypatch, fresh):
    def refuse():
        raise KernelUnavailableError('no C++ compiler was found; install one')
    monkeypatch.setattr(cpp_backend, 'load_kernel', refuse)


def single(**sizes):
    return {k: None if v is None else v.float()
            for k, v in scan_inputs(**sizes).items()}


def test_available_backends_say_why_not():
    found = available_backends()
    assert list(found) == list(BACKENDS)
    assert found['torch'] == (True, '')
    assert found['reference'] == (True, '')
    for name, (works, reason) in found.items():
        assert works == (reason == ''), name


def test_unknown_name_lists_the_choice(monkeypatch):
    with pytest.raises(ScanBackendError, match="'fastest'.*'torch'"):
        selective_scan(**single(), backend='fastest')
    monkeypatch.setenv('MMPOSE_VIDEO_SCAN_BACKEND', 'typo')
    with pytest.raises(ScanBackendError,
                       match='MMPOSE_VIDEO_SCAN_BACKEND.*typo'):
        selective_scan(**single())


def test_argument_beats_environment(monkeypatch):
    monkeypatch.setenv('MMPOSE_VIDEO_SCAN_BACKEND', 'reference')
    assert requested_backend(None) == 'reference'
    assert requested_backend('torch') == 'torch'
    assert requested_backend('auto') == 'auto'
    monkeypatch.setenv('MMPOSE_VIDEO_SCAN_BACKEND', '')
    assert requested_backend(None) == 'auto'


def test_unavailable_backend_names_the_missing_piece(no_kernel):
    with pytest.raises(ScanBackendError, match=r'no C\+\+ compiler.*install'):
        selective_scan(**single(), backend='cpp')


def test_wrong_device_is_refused():
    if not available_backends()['cpp'][0]:
        pytest.skip('no C++ kernel here')
    meta = {k: None if v is None else v.to('meta')
            for k, v in single().items()}
    with pytest.raises(ScanBackendError, match='meta'):
        selective_scan(**meta, backend='cpp')


def test_one_warning_when_only_the_slow_path_is_left(no_kernel):
    with pytest.warns(UserWarning, match='compiler was found') as caught:
        got = selective_scan(**single(), delta_softplus=True)
    assert 'times the time' in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        again = selective_scan(**single(), delta_softplus=True)
    assert torch.equal(got, again)


def test_asking_for_the_slow_path_is_silent(no_kernel, monkeypatch):
    monkeypatch.setenv('MMPOSE_VIDEO_SCAN_BACKEND', 'torch')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        selective_scan(**single())


def test_float64_is_served_without_a_warning(no_kernel):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert selective_scan(**scan_inputs()).dtype == torch.float64


def test_backend_that_breaks_on_import_is_reported(monkeypatch, fresh):
    monkeypatch.setitem(BACKENDS, 'cpp', 'no_such_module')
    works, reason = available_backends()['cpp']
    assert not works and 'no_such_module' in reason


@pytest.mark.parametrize('change, word', [
    (dict(delta=torch.zeros(2, 6, 3)), 'delta'),
    (dict(A=torch.zeros(5, 4)), 'A must be'),
    (dict(B=torch.zeros(2, 4, 4, 33)), 'groups'),
    (dict(C=torch.zeros(2, 5, 33)), 'C must be'),
    (dict(D=torch.zeros(5)), 'D must be'),
    (dict(z=torch.zeros(2, 6, 3)), 'z must be'),
])
def test_wrong_shapes_name_the_argument(change, word):
    with pytest.raises(ValueError, match=word):
        selective_scan(**{**single(), **change})


def test_complex_is_refused():
    with pytest.raises(TypeError, match='complex'):
        selective_scan(**{**single(), 'A': torch.zeros(6, 4) * 1j})


@pytest.mark.parametrize('sizes', [dict(L=0), dict(S=0), dict(D=0)])
def test_empty_axes_are_refused(sizes):
    with pytest.raises(ValueError, match='at least 1'):
        selective_scan(**single(**sizes))


def test_no_samples_give_no_output():
    assert selective_scan(**single(N=0)).shape == (0, 6, 33)
