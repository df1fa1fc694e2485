"""Compile the CPU kernels once per machine, and never in the way.

A kernel has a plain C interface: it needs a C++ compiler but no headers of
PyTorch, takes about 5 s, and one build fits every PyTorch. The library goes
into a cache directory under a name that says what it was made from.
"""
import ctypes
import hashlib
import logging
import os
import platform
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

import torch
from mmengine.logging import print_log

from .cpp_abi import SELECTIVE_SCAN, KernelSource

ENV_NO_BUILD = 'MMPOSE_VIDEO_NO_BUILD'
ENV_CACHE = 'MMPOSE_VIDEO_CACHE_DIR'

# Package defaults, seconds. A build takes about 5; a machine that needs
# more than the limit is better served by PyTorch alone.
BUILD_LIMIT = 120.0
LOCK_LIMIT = 150.0

_SOURCE = Path(__file__).with_name('csrc')
_FLAGS = ('-O3', '-std=c++17', '-fPIC', '-shared', '-fno-math-errno',
          '-fno-trapping-math', '-ffp-contract=fast')
ISA_FLAGS = {
    'avx512': ('-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl',
               '-mfma', '-mprefer-vector-width=512'),
    'avx2': ('-mavx2', '-mfma'),
    'generic': (),
}


class KernelUnavailableError(RuntimeError):
    """The kernel is not there; the message says why and what to do."""


def best_isa() -> str:
    """Widest instruction set of this processor that the kernel uses.

    Returns:
        str: A key of ``ISA_FLAGS``.
    """
    if platform.machine().lower() not in ('x86_64', 'amd64'):
        return 'generic'
    capability = torch.backends.cpu.get_cpu_capability()
    return {'AVX512': 'avx512', 'AVX2': 'avx2'}.get(capability, 'generic')


def find_compiler() -> Optional[List[str]]:
    """Find a C++ compiler.

    Returns:
        list[str] or None: ``CXX`` if set, else g++, clang++ or c++, with
        arguments; None without any.
    """
    named = os.environ.get('CXX')
    candidates = [named] if named else ['g++', 'clang++', 'c++']
    for candidate in candidates:
        words = shlex.split(candidate)
        path = shutil.which(words[0]) if words else None
        if path:
            return [path, *words[1:]]
    return None


def cache_directory() -> Path:
    """Where compiled kernels are kept.

    Returns:
        Path: ``MMPOSE_VIDEO_CACHE_DIR``, else ``mmpose_video`` in
        ``XDG_CACHE_HOME`` or in ``~/.cache``. It may not exist.
    """
    if os.environ.get(ENV_CACHE):
        return Path(os.environ[ENV_CACHE])
    base = os.environ.get('XDG_CACHE_HOME')
    return (Path(base) if base else Path.home() / '.cache') / 'mmpose_video'


def _source_key(source: KernelSource, isa: str) -> str:
    """Hash of the source with all headers, and of the flags."""
    digest = hashlib.sha256(repr((_FLAGS, ISA_FLAGS[isa])).encode())
    for path in (_SOURCE / f'{source.name}.cpp', *sorted(_SOURCE.glob('*.h'))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _compiler_key(compiler: List[str]) -> str:
    """Hash of the compiler: its file and arguments."""
    path = os.path.realpath(compiler[0])
    status = os.stat(path)
    what = (path, status.st_size, int(status.st_mtime), compiler[1:])
    return hashlib.sha256(repr(what).encode()).hexdigest()[:8]


def _load(source: KernelSource, path: Path) -> ctypes.CDLL:
    """Load a compiled kernel that nobody else could have put there."""
    owner = path.stat().st_uid
    if owner not in (0, os.getuid()):
        raise OSError(f'{path} belongs to another user (id {owner})')
    return source.declare(ctypes.CDLL(str(path)))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a file lock; give up waiting after ``LOCK_LIMIT``."""
    import fcntl
    with open(path, 'w') as file:
        deadline = time.monotonic() + LOCK_LIMIT
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    break  # Build all the same: the rename is atomic.
                time.sleep(0.05)
            except OSError:
                break  # A file system without locks; the same holds.
        yield


def _compile(command: List[str], limit: float) -> None:
    """Run the compiler in its own process group, for a limited time."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors='replace',
        start_new_session=True)
    try:
        _, message = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise KernelUnavailableError(
            f'compiling the kernel took more than {limit:.0f} s with '
            f'{command[0]}; name a faster compiler in CXX.') from None
    if process.returncode:
        lines = message.strip().splitlines()
        # The first error says it, the rest follows from it.
        said = next((line for line in lines if 'error' in line),
                    lines[-1] if lines else 'no message')
        raise KernelUnavailableError(
            f'{command[0]} cannot compile the kernel ({said}); name another '
            'compiler in CXX.')


def _build(source: KernelSource, compiler: List[str], isa: str, target: Path
           ) -> None:
    """Compile to a temporary name, then rename."""
    start = time.monotonic()
    handle, name = tempfile.mkstemp(suffix='.so', dir=target.parent)
    os.close(handle)
    base = [*compiler, *_FLAGS, *ISA_FLAGS[isa],
            str(_SOURCE / f'{source.name}.cpp'), '-o', name]
    try:
        try:
            _compile([*base, '-fopenmp'], BUILD_LIMIT)
            threads = 'with OpenMP'
        except KernelUnavailableError:
            left = BUILD_LIMIT - (time.monotonic() - start)
            if left <= 0:
                raise
            # Apple's compiler comes without OpenMP: one thread then.
            _compile(base, left)
            threads = 'without OpenMP, one thread'
        os.replace(name, target)
    finally:
        if os.path.exists(name):
            os.unlink(name)
    print_log(
        f'Compiled the kernel {source.name} ({isa}, {threads}) with '
        f'{compiler[0]} in {time.monotonic() - start:.1f} s: {target}',
        logger='current', level=logging.INFO)


def _directory() -> Tuple[Path, Optional[tempfile.TemporaryDirectory]]:
    """A directory to build in; a private temporary one as a last resort."""
    directory = cache_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(directory, os.W_OK | os.X_OK):
            return directory, None
    except OSError:
        pass
    private = tempfile.TemporaryDirectory(prefix='mmpose_video_')
    return Path(private.name), private


def load_kernel(isa: Optional[str] = None,
                source: KernelSource = SELECTIVE_SCAN) -> ctypes.CDLL:
    """Load a kernel, compiling it if it has to be.

    Args:
        isa (str, optional): A key of ``ISA_FLAGS``. Defaults to the best
            this processor has.
        source (KernelSource): Which one. Defaults to the selective scan's.

    Returns:
        ctypes.CDLL: The kernel, functions declared.

    Raises:
        KernelUnavailableError: No kernel and no way to make one.
    """
    if os.name != 'posix':
        raise KernelUnavailableError(
            f'the kernel is built on Linux and macOS only, not on '
            f'{platform.system()}; use the Linux subsystem there.')
    isa = isa or best_isa()
    key = _source_key(source, isa)
    stem = f'{source.name}-{platform.machine()}-{isa}-{key}'
    compiler = find_compiler()
    cache = cache_directory()
    try:
        if compiler is None:
            # Built earlier, maybe elsewhere, by a compiler now gone.
            found = sorted(cache.glob(f'{stem}-*.so'))
        else:
            found = [cache / f'{stem}-{_compiler_key(compiler)}.so']
        for path in found:
            if path.is_file():
                return _load(source, path)
    except OSError as error:
        raise KernelUnavailableError(
            f'the cached kernel cannot be loaded ({error}); empty {cache}.'
        ) from error
    if os.environ.get(ENV_NO_BUILD, '').lower() not in ('', '0', 'false'):
        raise KernelUnavailableError(
            f'it has not been built, and {ENV_NO_BUILD} forbids it; unset '
            'that variable.')
    if compiler is None:
        raise KernelUnavailableError(
            'no C++ compiler was found; install one ("apt-get install g++", '
            '"conda install gxx_linux-64", "xcode-select --install") or '
            'name it in CXX.')
    try:
        directory, private = _directory()
        target = directory / found[0].name
        with _locked(directory / f'{stem}.lock'):
            if not target.is_file():
                _build(source, compiler, isa, target)
            kernel = _load(source, target)
    except OSError as error:
        raise KernelUnavailableError(
            f'the kernel cannot be built or loaded ({error}); name a '
            f'writable directory in {ENV_CACHE}.') from error
    if private is not None:
        private.cleanup()  # A loaded library needs its file no more.
    return kernel
