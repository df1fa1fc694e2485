import logging
import os
import shutil
import stat
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from mmpose_video.ops import cpp_build, cpp_compiler
from mmpose_video.ops.cpp_build import load_kernel
from mmpose_video.ops.cpp_compiler import (
    KernelUnavailableError,
    find_compiler,
)


def has_compiler():
    try:
        return os.name == 'posix' and bool(find_compiler())
    except KernelUnavailableError:
        return False


needs_compiler = pytest.mark.skipif(
    not has_compiler(), reason='no C++ compiler here')


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'cache'))
    monkeypatch.delenv('MMPOSE_VIDEO_NO_BUILD', raising=False)
    return tmp_path / 'cache' / f'kernels-{os.geteuid()}'


@pytest.fixture
def said(monkeypatch):
    """Lines of the log, with their levels."""
    lines = []
    monkeypatch.setattr(
        cpp_build, 'print_log',
        lambda text, logger, level: lines.append((text, level)))
    return lines


def at_level(said, level):
    return [text for text, given in said if given == level]


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
    monkeypatch.setattr(cpp_compiler, 'BUILD_LIMIT', 0.2)
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


@pytest.mark.parametrize('value', ['g++ "', "'", 'g++ \\'])
def test_unreadable_compiler_variable_is_named(monkeypatch, cache, value):
    monkeypatch.setenv('CXX', value)
    with pytest.raises(KernelUnavailableError, match='CXX=.*not a command'):
        load_kernel()


def test_compiler_that_cannot_be_run_is_an_error(monkeypatch, cache, tmp_path):
    path = tmp_path / 'cxx'
    path.write_bytes(b'\x7fELF')
    path.chmod(0o700)
    monkeypatch.setenv('CXX', str(path))
    with pytest.raises(KernelUnavailableError, match='cannot be'):
        load_kernel()


@needs_compiler
def test_library_of_another_program_is_an_error(monkeypatch, cache, tmp_path):
    real = find_compiler()[0]
    path = fake_compiler(tmp_path, f"""
        while [ "$1" != -o ]; do shift; done
        echo 'int other() {{ return 0; }}' | {real} -shared -xc++ - -o "$2"
        """)
    monkeypatch.setenv('CXX', str(path))
    with pytest.raises(KernelUnavailableError, match='scan_abi_version'):
        load_kernel()
    assert not list(cache.glob('*.so'))


@pytest.mark.slow
@needs_compiler
def test_builds_once_with_one_log_line(monkeypatch, cache, said):
    kernel = load_kernel('generic')
    assert kernel.scan_vector_lanes() == 4
    load_kernel('generic')
    (text, level), = said
    assert level == logging.INFO
    assert str(cache) in text
    library, = cache.glob('*.so')

    # A cache that cannot be written, and no compiler: what is there serves.
    cache.chmod(0o500)
    monkeypatch.setenv('CXX', '/nonexistent/compiler')
    monkeypatch.setenv('MMPOSE_VIDEO_NO_BUILD', '1')
    assert load_kernel('generic').scan_vector_lanes() == 4
    cache.chmod(0o700)
    assert library.is_file()


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """A cache with a kernel, and the kernel's file name."""
    folder = tmp_path_factory.mktemp('built')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(folder))
        patch.delenv('MMPOSE_VIDEO_NO_BUILD', raising=False)
        load_kernel('generic')
    library, = folder.glob('*/*.so')
    return library


@pytest.fixture
def copied(built, cache):
    """A copy of that file in a cache of the test's own."""
    cache.mkdir(parents=True, mode=0o700)
    copy = cache / built.name
    shutil.copy2(built, copy)
    return copy


def halve(path):
    os.truncate(path, path.stat().st_size // 2)


def open_to_all(path):
    path.chmod(0o777)


def replace_by_link(path):
    path.rename(path.parent.parent / 'target')
    path.symlink_to(path.parent.parent / 'target')


@pytest.mark.slow
@needs_compiler
@pytest.mark.parametrize('damage', [halve, open_to_all, replace_by_link])
def test_doubtful_file_is_built_again(monkeypatch, copied, said, damage):
    good = copied.read_bytes()
    damage(copied)
    monkeypatch.setenv('MMPOSE_VIDEO_NO_BUILD', '1')
    with pytest.raises(KernelUnavailableError, match='not in the cache'):
        load_kernel('generic')
    said.clear()
    # The compiler is not what is tested here.
    monkeypatch.delenv('MMPOSE_VIDEO_NO_BUILD')
    monkeypatch.setattr(cpp_build, 'compile_kernel',
                        lambda *args: (good[:-32], 'as before'))
    assert load_kernel('generic').scan_vector_lanes() == 4
    warning, = at_level(said, logging.WARNING)
    assert str(copied) in warning and 'is not used' in warning
    assert len(at_level(said, logging.INFO)) == 1
    assert not copied.is_symlink()
    assert copied.stat().st_mode & 0o777 == 0o600
    assert copied.read_bytes() == good
    said.clear()
    load_kernel('generic')
    assert not said


@pytest.mark.slow
@needs_compiler
def test_library_in_use_survives_what_happens_to_its_file(copied):
    kernel = load_kernel('generic')
    os.truncate(copied, 0)
    assert kernel.scan_vector_lanes() == 4
    assert kernel.scan_order_is_valid(None, 0, 0) in (0, 1)


@pytest.mark.slow
@needs_compiler
def test_without_memory_files_a_private_folder_serves(monkeypatch, copied):
    monkeypatch.delattr(cpp_build.os, 'memfd_create', raising=False)
    assert load_kernel('generic').scan_vector_lanes() == 4


@pytest.mark.slow
@needs_compiler
def test_no_home_directory_builds_without_cache(monkeypatch, built, said):
    def unknown(user):
        raise KeyError(user)

    import pwd
    monkeypatch.setattr(pwd, 'getpwuid', unknown)
    for name in ('HOME', 'XDG_CACHE_HOME', 'MMPOSE_VIDEO_CACHE_DIR',
                 'MMPOSE_VIDEO_NO_BUILD'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cpp_build, 'compile_kernel',
                        lambda *args: (built.read_bytes()[:-32], 'as before'))
    assert load_kernel('generic').scan_vector_lanes() == 4
    warning, = at_level(said, logging.WARNING)
    assert 'no home directory' in warning
    assert 'MMPOSE_VIDEO_CACHE_DIR' in warning


@pytest.mark.slow
@needs_compiler
def test_unusable_cache_builds_without_it(monkeypatch, tmp_path, built, said):
    monkeypatch.delenv('MMPOSE_VIDEO_NO_BUILD', raising=False)
    monkeypatch.setattr(cpp_build, 'compile_kernel',
                        lambda *args: (built.read_bytes()[:-32], 'as before'))
    blocker = tmp_path / 'file'
    blocker.write_text('')
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(blocker / 'cache'))
    assert load_kernel('generic').scan_vector_lanes() == 4
    assert 'not cached' in at_level(said, logging.WARNING)[0]
    said.clear()
    # Another user's file may lie in a directory that all can write to.
    folder = tmp_path / f'kernels-{os.geteuid()}'
    folder.mkdir()
    folder.chmod(0o777)
    (folder / built.name).write_bytes(b'evil')
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path))
    assert load_kernel('generic').scan_vector_lanes() == 4
    assert 'mode 777' in at_level(said, logging.WARNING)[0]
    assert (folder / built.name).read_bytes() == b'evil'


@pytest.mark.slow
@needs_compiler
def test_builds_at_once_wait_for_one(monkeypatch, cache, tmp_path):
    """Each call has a lock file of its own open, as processes would."""
    counter = tmp_path / 'calls'
    real = find_compiler()[0]
    path = fake_compiler(
        tmp_path, f'echo x >> {counter}\nexec {real} "$@"\n')
    monkeypatch.setenv('CXX', str(path))
    with ThreadPoolExecutor(3) as pool:
        kernels = list(pool.map(load_kernel, ['generic'] * 3))
    assert [kernel.scan_vector_lanes() for kernel in kernels] == [4] * 3
    assert counter.read_text().count('x') == 1
    assert len(list(cache.glob('*.so'))) == 1


def test_vector_width_follows_the_processor(monkeypatch):
    monkeypatch.setattr(cpp_compiler.platform, 'machine', lambda: 'x86_64')
    for capability, isa in (('AVX512', 'avx512'), ('AVX2', 'avx2'),
                            ('DEFAULT', 'generic')):
        monkeypatch.setattr(torch.backends.cpu, 'get_cpu_capability',
                            lambda value=capability: value)
        assert cpp_compiler.best_isa() == isa
    monkeypatch.setattr(cpp_compiler.platform, 'machine', lambda: 'aarch64')
    assert cpp_compiler.best_isa() == 'generic'


def test_other_systems_get_a_reason(monkeypatch):
    monkeypatch.setattr(cpp_build.os, 'name', 'nt')
    with pytest.raises(KernelUnavailableError, match='Linux and macOS'):
        load_kernel()
