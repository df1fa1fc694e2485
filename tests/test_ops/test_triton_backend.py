"""The Triton scan: interpreted, compiled without a GPU, and on a GPU."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmpose_video.ops import triton_backend
from mmpose_video.ops.problem import ScanProblem
from mmpose_video.ops.triton_config import Tiles, tiles_for, use_tiles

HERE = Path(__file__).parent
KERNELS = {'walk_kernel', 'summary_kernel', 'carry_kernel', 'output_kernel',
           'grad_summary_kernel', 'grad_kernel'}
# Nothing is interpreted or compiled below what the backend itself accepts.
triton = pytest.importorskip(
    'triton', minversion='.'.join(map(str, triton_backend.MIN_VERSION)),
    reason='Triton is not installed, or too old for the backend')


def run(command, cache, **env):
    """Run Python with Triton's cache in a folder of the test."""
    return subprocess.run(
        [sys.executable, *command], text=True, capture_output=True,
        env={**os.environ, 'TRITON_CACHE_DIR': str(cache),
             'OMP_NUM_THREADS': '1', **env}, cwd=HERE.parent.parent)


def cases(cache, **env):
    """Run the cases in a process of their own; how many passed."""
    result = run(['-m', 'pytest', str(HERE / 'triton_cases.py'), '-p',
                  'no:cacheprovider'], cache, **env)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output[-8000:]
    return int(re.search(r'(\d+) passed', output).group(1))


@pytest.mark.slow
def test_every_case_in_the_interpreter(tmp_path):
    assert cases(tmp_path, TRITON_INTERPRET='1') >= 30


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_every_case_on_the_gpu(tmp_path):
    assert cases(tmp_path, TRITON_INTERPRET='0') >= 30


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux',
                    reason='Triton brings its assembler on Linux only')
@pytest.mark.parametrize('capability', [80, 90])
def test_kernels_compile_without_a_gpu(tmp_path, capability):
    result = run([str(HERE / 'triton_compile.py'), str(capability)],
                 tmp_path, TRITON_INTERPRET='0', PYTHONPATH='.')
    assert result.returncode == 0, result.stderr[-8000:]
    # packages may print lines when they are imported
    rows = [line.split() for line in result.stdout.splitlines()]
    sizes = dict(row for row in rows if len(row) == 2)
    assert set(sizes) == KERNELS
    assert all(int(size) > 0 for size in sizes.values())


def problem(window, channels, **change):
    fields = dict(
        u=torch.zeros(1, 1, window, channels),
        delta=torch.zeros(1, 1, window, channels),
        A=torch.zeros(1, channels, 2), B=torch.zeros(1, 1, window, 2),
        C=torch.zeros(1, 1, window, 2), D=None, delta_bias=None,
        dt_weight=None, state_weight=None, order=None, reverse=(False, ),
        window=window, softplus=True)
    return ScanProblem(**{**fields, **change})


@pytest.mark.parametrize('window, channels, wanted', [
    (15360, 64, Tiles(128, 16, 8, 16)), (240, 64, Tiles(256, 8, 8, 16)),
    (7, 3, Tiles(16, 4, 1, 1)), (15360, 1, Tiles(128, 1, 1, 1))])
def test_tiles_follow_the_shape(window, channels, wanted):
    found = tiles_for(problem(window, channels))
    assert found == wanted
    with use_tiles(Tiles(8, 2)):
        assert tiles_for(problem(window, channels)) == Tiles(8, 2)
    assert tiles_for(problem(window, channels)) == wanted


def test_saved_states():
    """One state per chunk start and its sum of steps; none for one chunk."""
    assert triton_backend.saved_shape(problem(1000, 5)) == (1, 1, 1, 9, 3, 5)
    assert triton_backend.saved_shape(problem(256, 5)) == (0, )


def test_says_what_it_cannot_take():
    works, why = triton_backend.supports(
        problem(4, 2, u=torch.zeros(1, 1, 4, 2).double()))
    assert not works and 'float64' in why
    many = problem(4, 2, A=torch.zeros(40, 2, 2), reverse=(True, ) * 40)
    works, why = triton_backend.supports(many)
    assert not works and '31' in why
    assert triton_backend.supports(problem(4, 2)) == (True, '')


def test_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(triton, '__version__', '2.1.0')
    works, why = triton_backend.availability()
    assert not works and '2.1.0' in why and 'pip install -U torch' in why
    monkeypatch.setattr(triton, '__version__', '3.7.1+git1')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    works, why = triton_backend.availability()
    assert not works and 'no CUDA or ROCm device' in why
    monkeypatch.setitem(sys.modules, 'triton', None)
    works, why = triton_backend.availability()
    assert not works and 'pip install triton' in why
