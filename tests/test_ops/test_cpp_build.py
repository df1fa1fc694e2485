import logging
import os
import stat
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from mmpose_video.ops import cpp_build
from mmpose_video.ops.cpp_build import KernelUnavailableError, load_kernel

HAS_COMPILER = cpp_build.find_compiler() is not None
needs_compiler = pytest.mark.skipif(
    not HAS_COMPILER or os.name != 'posix', reason='no C++ compiler here')


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'cache'))
    monkeypatch.delenv('MMPOSE_VIDEO_NO_BUILD', raising=False)
    return tmp_path / 'cache'


def fake_compiler(tmp_path, body):
    path = tmp_path / 'cxx'
    path.write_text('#!/bin/sh\n' + textwrap.dedent(body))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_no_compiler_names_the_ways_to_get_one(monkeypatch, cache):
    monkeypatch.setenv('CXX', '/nonexistent/compiler')
    with pytest.raises(KernelUnavailableError, match='apt-get install g'):
        load_kernel()


def test_environment_forbids_building(monkeypatch, cache):
    monkeypatch.setenv('MMPOSE_VIDEO_NO_BUILD', '1')
    with pytest.raises(KernelUnavailableError, match='MMPOSE_VIDEO_NO_BUILD'):
        load_kernel()
    assert not cache.exists()


def test_failing_compiler_is_quoted(monkeypatch, cache, tmp_path):
    path = fake_compiler(tmp_path, 'echo "x.cpp:1: error: bad day" >&2\n'
                         'exit 1\n')
    monkeypatch.setenv('CXX', str(path))
    with pytest.raises(KernelUnavailableError, match='bad day'):
        load_kernel()
    assert not list(cache.glob('*.so'))


def test_hanging_compiler_is_stopped(monkeypatch, cache, tmp_path):
    path = fake_compiler(tmp_path, 'sleep 60\n')
    monkeypatch.setenv('CXX', str(path))
    monkeypatch.setattr(cpp_build, 'BUILD_LIMIT', 0.2)
    start = time.monotonic()
    with pytest.raises(KernelUnavailableError, match='more than'):
        load_kernel()
    assert time.monotonic() - start < 30
    assert not list(cache.glob('*.so'))


def test_garbage_from_a_compiler_is_an_error_not_a_crash(
        monkeypatch, cache, tmp_path):
    path = fake_compiler(tmp_path, """
        while [ "$1" != -o ]; do shift; done
        echo garbage > "$2"
        """)
    monkeypatch.setenv('CXX', str(path))
    with pytest.raises(KernelUnavailableError, match='cannot be'):
        load_kernel()


@needs_compiler
def test_builds_once_with_one_log_line(monkeypatch, cache):
    lines = []
    monkeypatch.setattr(
        cpp_build, 'print_log',
        lambda text, logger, level: lines.append((text, level)))
    kernel = load_kernel('generic')
    assert kernel.scan_vector_lanes() == 4
    load_kernel('generic')
    assert len(lines) == 1
    assert lines[0][1] == logging.INFO
    assert str(cache) in lines[0][0]
    library, = cache.glob('*.so')

    # A cache that cannot be written, and no compiler: what is there serves.
    cache.chmod(0o500)
    monkeypatch.setenv('CXX', '/nonexistent/compiler')
    monkeypatch.setenv('MMPOSE_VIDEO_NO_BUILD', '1')
    assert load_kernel('generic').scan_vector_lanes() == 4
    cache.chmod(0o700)
    assert library.is_file()


@needs_compiler
def test_unwritable_cache_builds_elsewhere(monkeypatch, tmp_path):
    blocker = tmp_path / 'file'
    blocker.write_text('')
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(blocker / 'cache'))
    assert load_kernel('generic').scan_vector_lanes() == 4


@needs_compiler
def test_builds_at_once_wait_for_one(monkeypatch, cache, tmp_path):
    """Each call has a lock file of its own open, as processes would."""
    counter = tmp_path / 'calls'
    real = cpp_build.find_compiler()[0]
    path = fake_compiler(
        tmp_path, f'echo x >> {counter}\nexec {real} "$@"\n')
    monkeypatch.setenv('CXX', str(path))
    with ThreadPoolExecutor(3) as pool:
        kernels = list(pool.map(load_kernel, ['generic'] * 3))
    assert [kernel.scan_vector_lanes() for kernel in kernels] == [4] * 3
    assert counter.read_text().count('x') == 1
    assert len(list(cache.glob('*.so'))) == 1


def test_vector_width_follows_the_processor(monkeypatch):
    monkeypatch.setattr(cpp_build.platform, 'machine', lambda: 'x86_64')
    for capability, isa in (('AVX512', 'avx512'), ('AVX2', 'avx2'),
                            ('DEFAULT', 'generic')):
        monkeypatch.setattr(torch.backends.cpu, 'get_cpu_capability',
                            lambda value=capability: value)
        assert cpp_build.best_isa() == isa
    monkeypatch.setattr(cpp_build.platform, 'machine', lambda: 'aarch64')
    assert cpp_build.best_isa() == 'generic'


def test_other_systems_get_a_reason(monkeypatch):
    monkeypatch.setattr(cpp_build.os, 'name', 'nt')
    with pytest.raises(KernelUnavailableError, match='Linux and macOS'):
        load_kernel()
