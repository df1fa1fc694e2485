"""Load a CPU kernel from the user's cache, or compile it.

A compiled library is cached under a name that says what it was made from:
kernel, processor, instruction set, source and compiler. What cannot be
cached is compiled by each process that needs it.
"""
import ctypes
import logging
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import List, Optional

from mmengine.logging import print_log

from .cpp_abi import SELECTIVE_SCAN, KernelSource
from .cpp_cache import ENV_CACHE, CacheError, KernelCache, cache_directory
from .cpp_compiler import (
    KernelUnavailableError,
    best_isa,
    compile_kernel,
    compiler_key,
    find_compiler,
    source_key,
)

ENV_NO_BUILD = 'MMPOSE_VIDEO_NO_BUILD'

# Descriptors of loaded libraries. They stay open: the loader knows a library
# by its path, which holds the descriptor's number.
_open_libraries: List[int] = []


def _log(text: str, level: int = logging.WARNING) -> None:
    print_log(text, logger='current', level=level)


def _declared(source: KernelSource, path: str) -> ctypes.CDLL:
    """Load a library and declare its functions."""
    try:
        return source.declare(ctypes.CDLL(path))
    except AttributeError as error:
        raise OSError(f'a function is missing: {error}') from error


def _link(source: KernelSource, content: bytes) -> ctypes.CDLL:
    """Load a library from memory.

    A loader takes a path and reads the file again, so the bytes that were
    verified are given to it in a file that nobody else can reach.
    """
    if hasattr(os, 'memfd_create'):
        try:
            handle = os.memfd_create(source.name)
            _open_libraries.append(handle)
            with open(handle, 'wb', closefd=False) as file:
                file.write(content)
            return _declared(source, f'/proc/self/fd/{handle}')
        except OSError:
            pass  # No /proc, or no code may run from there.
    with tempfile.TemporaryDirectory(prefix='mmpose_video_') as folder:
        path = Path(folder) / f'{source.name}.so'
        path.write_bytes(content)
        # A loaded library needs its file no more.
        return _declared(source, str(path))


def _from_cache(cache: KernelCache, source: KernelSource, names: List[str],
                level: int = logging.WARNING) -> Optional[ctypes.CDLL]:
    """Load the first of some files; None if none of them can be."""
    for name in names:
        try:
            content = cache.load(name)
            if content is not None:
                return _link(source, content)
        except (CacheError, OSError) as error:
            _log(f'The cached kernel {cache.path / name} is not used: '
                 f'{error}.', level)
    return None


def _build(source: KernelSource, isa: str, compiler: List[str], name: str,
           cache: Optional[KernelCache]) -> ctypes.CDLL:
    """Compile, load and then cache a kernel."""
    start = time.monotonic()
    content, threads = compile_kernel(source.name, compiler, isa)
    kernel = _link(source, content)
    where = 'not cached'
    if cache is not None:
        try:
            cache.store(name, content)
            where = str(cache.path / name)
        except OSError as error:
            where = (f'not cached, {cache.path} cannot be written to '
                     f'({error.strerror})')
    _log(f'Compiled the kernel {source.name} ({isa}, {threads}) with '
         f'{compiler[0]} in {time.monotonic() - start:.1f} s: {where}',
         logging.INFO)
    return kernel


def _cached_or_built(source: KernelSource, isa: str) -> ctypes.CDLL:
    """Load a kernel from the cache, or build it there."""
    stem = f'{source.name}-{platform.machine()}-{isa}-'
    stem += source_key(source.name, isa)
    missing: Optional[KernelUnavailableError] = None
    try:
        compiler = find_compiler()
        name = f'{stem}-{compiler_key(compiler)}.so'
    except KernelUnavailableError as error:
        missing = error
    reason = 'it is not in the cache'
    try:
        with KernelCache(cache_directory()) as cache:
            # Without a compiler: built earlier, by one that is now gone.
            names = cache.names(stem) if missing else [name]
            kernel = _from_cache(cache, source, names)
            if kernel is not None:
                return kernel
    except CacheError as error:
        reason = f'the cache cannot be used ({error})'
    if os.environ.get(ENV_NO_BUILD, '').lower() not in ('', '0', 'false'):
        raise KernelUnavailableError(
            f'{reason}, and {ENV_NO_BUILD} forbids building; unset that '
            'variable.')
    if missing:
        raise missing
    try:
        with KernelCache(cache_directory(), create=True) as cache:
            with cache.locked(f'{stem}.lock'):
                # Another process may have built it meanwhile.
                kernel = _from_cache(cache, source, [name], logging.DEBUG)
                return kernel or _build(source, isa, compiler, name, cache)
    except CacheError as error:
        _log(f'Compiled kernels are not cached: {error}. Name a directory in '
             f'{ENV_CACHE}, or each process compiles them again.')
        return _build(source, isa, compiler, name, None)


def load_kernel(isa: Optional[str] = None,
                source: KernelSource = SELECTIVE_SCAN) -> ctypes.CDLL:
    """Load a kernel, compiling it if it has to be.

    Args:
        isa (str, optional): A key of ``ISA_FLAGS``. Defaults to the best
            that this processor has.
        source (KernelSource): The kernel. Defaults to the selective scan.

    Returns:
        ctypes.CDLL: The kernel, its functions declared.

    Raises:
        KernelUnavailableError: There is no kernel and no way to make one.
    """
    if os.name != 'posix':
        raise KernelUnavailableError(
            f'the kernel is built on Linux and macOS only, not on '
            f'{platform.system()}; use the Linux subsystem there.')
    try:
        return _cached_or_built(source, isa or best_isa())
    except OSError as error:
        raise KernelUnavailableError(
            f'the kernel cannot be built or loaded ({error}).') from error
