"""The calling convention, with a stand-in for the CUDA module.

The stand-in checks what the extension demands (one dtype, last stride 1,
grouped B and C) and computes with the formula in float64.
"""
import sys
import types

import pytest
import torch
from scan_cases import (
    DIRECTION_GRID,
    SCAN_GRID,
    compare_directions,
    compare_scan,
    naive_scan,
    scan_inputs,
)

from mmpose_video.ops import mamba_ssm_backend, selective_scan
from mmpose_video.ops.backends import ScanBackendError, _load

CHUNK = 2048


def run_formula(u, delta, A, B, C, D, bias, softplus):
    return naive_scan(u, delta, A, B, C, D, None, bias, softplus)


class StandIn(types.ModuleType):
    """Signatures of ``selective_scan_cuda``, and a record of the calls."""

    def __init__(self):
        super().__init__('selective_scan_cuda')
        self.calls = []

    def check(self, u, delta, A, B, C, D, z, bias):
        for tensor in (u, delta, B, C):
            assert tensor.dtype == u.dtype
            assert tensor.stride(-1) == 1
        assert A.dtype == torch.float32
        for vector in (D, bias):
            assert vector is None or vector.dtype == torch.float32
        assert z is None
        N, channels, L = u.shape
        assert delta.shape == u.shape and A.shape[0] == channels
        for tensor in (B, C):
            assert tensor.dim() == 4 and channels % tensor.shape[1] == 0
            assert tensor.shape[2:] == (A.shape[1], L)

    def fwd(self, u, delta, A, B, C, D, z, bias, softplus):
        self.check(u, delta, A, B, C, D, z, bias)
        self.calls.append(('fwd', tuple(u.shape), u.dtype))
        y, last = run_formula(*(None if t is None else t.double()
                                for t in (u, delta, A, B, C, D, bias)),
                              softplus)
        chunks = -(-u.shape[2] // CHUNK)
        x = torch.zeros(*u.shape[:2], chunks, 2 * A.shape[1])
        x[:, :, -1, 1::2] = last.float()
        return [y.to(u.dtype), x]

    def bwd(self, u, delta, A, B, C, D, z, bias, dout, x, out, dz, softplus,
            recompute_out_z):
        self.check(u, delta, A, B, C, D, z, bias)
        assert dout.dtype == u.dtype and dout.stride(-1) == 1
        assert x.shape[-1] == 2 * A.shape[1]
        assert out is None and dz is None and recompute_out_z is False
        self.calls.append(('bwd', tuple(u.shape), u.dtype))
        tensors = [u, delta, A, B, C, D, bias]
        # An operator's implementation runs below autograd: a thread of its
        # own has a clean state.
        grads = []

        def work():
            leaves = [None if t is None else
                      t.detach().double().requires_grad_() for t in tensors]
            y, _ = run_formula(*leaves, softplus)
            y.backward(dout.double())
            grads.extend(None if t is None else t.grad.float()
                         for t in leaves)

        import threading
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return grads


@pytest.fixture
def extension(monkeypatch):
    module = StandIn()
    monkeypatch.setitem(sys.modules, 'selective_scan_cuda', module)
    monkeypatch.setattr(mamba_ssm_backend, 'DEVICES', ('cpu', ))
    mamba_ssm_backend._extension.cache_clear()
    _load.cache_clear()
    yield module
    mamba_ssm_backend._extension.cache_clear()
    _load.cache_clear()


def without_last_state(sizes):
    return {k: v for k, v in sizes.items() if k != 'constant'}


@pytest.mark.parametrize('index', [0, 1, 3, 5])
def test_matches_reference(extension, index):
    from scan_cases import assert_close, results
    inputs = scan_inputs(**SCAN_GRID[index])
    found = [
        results(
            lambda name=name, **kwargs: selective_scan(
                **kwargs, delta_softplus=True, backend=name), inputs, kind)
        for name, kind in (('mamba_ssm', torch.float32),
                           ('reference', torch.float64))
    ]
    assert_close(*found, 2e-6)
    assert [call[0] for call in extension.calls] == ['fwd', 'bwd']


@pytest.mark.parametrize('sizes', DIRECTION_GRID[:5])
def test_directions_match_reference(extension, sizes):
    compare_directions('mamba_ssm', 2e-6, **sizes)


def test_directions_are_groups_and_windows_samples(extension):
    compare_directions('mamba_ssm', 2e-6, N=2, K=3, D=5, L=24, window=6)
    assert extension.calls[0] == ('fwd', (2 * 4, 3 * 5, 6), torch.float32)


def test_last_state(extension):
    inputs = scan_inputs(gate=False)
    _, last = naive_scan(**inputs, delta_softplus=True)
    single = {k: None if v is None else v.float() for k, v in inputs.items()}
    got = selective_scan(**single, delta_softplus=True,
                         return_last_state=True, backend='mamba_ssm')[1]
    torch.testing.assert_close(got.double(), last, rtol=0, atol=1e-5)


def test_gradient_of_last_state_is_refused(extension):
    with pytest.raises(NotImplementedError, match='last state'):
        compare_scan('mamba_ssm', 1e-6)


def test_16bit_goes_through_only_when_allowed(extension):
    inputs = {k: None if v is None else v.bfloat16()
              for k, v in scan_inputs().items()}
    out = selective_scan(**inputs, backend='mamba_ssm')
    assert out.dtype == torch.bfloat16
    assert extension.calls[-1][2] == torch.float32
    out = selective_scan(**inputs, backend='mamba_ssm', allow_16bit=True)
    assert out.dtype == torch.bfloat16
    assert extension.calls[-1][2] == torch.bfloat16


def test_constant_b_is_refused_with_a_reason(extension):
    inputs = {k: None if v is None else v.float()
              for k, v in scan_inputs(constant='B').items()}
    with pytest.raises(ScanBackendError, match='constant over tokens'):
        selective_scan(**inputs, backend='mamba_ssm')


def test_missing_extension_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, 'selective_scan_cuda', None)
    mamba_ssm_backend._extension.cache_clear()
    works, reason = mamba_ssm_backend.availability()
    mamba_ssm_backend._extension.cache_clear()
    assert not works
    assert 'selective_scan_cuda' in reason
    assert 'MAMBA_KEEP_CUDA_BUILD=TRUE' in reason
    assert 'mamba_ssm' not in sys.modules
