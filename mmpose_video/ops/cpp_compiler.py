"""Compile a CPU kernel with the C++ compiler of the machine.

A kernel has a plain C interface: it needs no headers of PyTorch, takes about
5 s to compile, and one build fits every version of PyTorch.
"""
import hashlib
import os
import platform
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import List, Tuple

import torch

# Package default, seconds. A build takes about 5; a machine that needs more
# than the limit is better served by PyTorch alone.
BUILD_LIMIT = 120.0

SOURCE_FOLDER = Path(__file__).with_name('csrc')
_FLAGS = ('-O3', '-std=c++17', '-fPIC', '-shared', '-fno-math-errno',
          '-fno-trapping-math', '-ffp-contract=fast')
ISA_FLAGS = {
    'avx512': ('-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl',
               '-mfma', '-mprefer-vector-width=512'),
    'avx2': ('-mavx2', '-mfma'),
    'generic': (),
}
_COMPILERS = ('g++', 'clang++', 'c++')


class KernelUnavailableError(RuntimeError):
    """Error raised when there is no kernel; it says why and what to do."""


def best_isa() -> str:
    """Return the widest instruction set that this processor has.

    Returns:
        str: A key of ``ISA_FLAGS``.
    """
    if platform.machine().lower() not in ('x86_64', 'amd64'):
        return 'generic'
    capability = torch.backends.cpu.get_cpu_capability()
    return {'AVX512': 'avx512', 'AVX2': 'avx2'}.get(capability, 'generic')


def find_compiler() -> List[str]:
    """Find a C++ compiler.

    Returns:
        list[str]: ``CXX`` with its arguments if that variable is set, else
        the first of g++, clang++ and c++ that is installed.

    Raises:
        KernelUnavailableError: There is none, or ``CXX`` does not name one.
    """
    named = os.environ.get('CXX', '').strip()
    missing = 'no C++ compiler was found'
    if named:
        missing = f'CXX={named!r} names no compiler that is installed'
    for candidate in [named] if named else _COMPILERS:
        try:
            words = shlex.split(candidate)
        except ValueError as error:
            raise KernelUnavailableError(
                f'CXX={named!r} is not a command ({error}); correct or unset '
                'that variable.') from error
        path = shutil.which(words[0]) if words else None
        if path:
            return [path, *words[1:]]
    raise KernelUnavailableError(
        f'{missing}; install one ("apt-get install g++", "conda install '
        'gxx_linux-64", "xcode-select --install") or name it in CXX.')


def source_key(source: str, isa: str) -> str:
    """Hash a kernel's source, all headers and the flags.

    Args:
        source (str): Name of its file in ``csrc``, without suffix.
        isa (str): A key of ``ISA_FLAGS``.

    Returns:
        str: 16 hexadecimal digits.
    """
    digest = hashlib.sha256(repr((_FLAGS, ISA_FLAGS[isa])).encode())
    headers = sorted(SOURCE_FOLDER.glob('*.h'))
    for path in (SOURCE_FOLDER / f'{source}.cpp', *headers):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def compiler_key(compiler: List[str]) -> str:
    """Hash the identity of a compiler: its file and arguments.

    Args:
        compiler (list[str]): What :func:`find_compiler` returned.

    Returns:
        str: 8 hexadecimal digits.
    """
    path = os.path.realpath(compiler[0])
    status = os.stat(path)
    what = (path, status.st_size, int(status.st_mtime), compiler[1:])
    return hashlib.sha256(repr(what).encode()).hexdigest()[:8]


def _run(command: List[str], limit: float) -> None:
    """Run the compiler in its own process group, for a limited time."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors='replace',
        start_new_session=True)
    try:
        _, message = process.communicate(timeout=limit)
    except BaseException as error:
        # An interrupted program must not leave its compiler behind.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
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


def compile_kernel(source: str, compiler: List[str], isa: str
                   ) -> Tuple[bytes, str]:
    """Compile a kernel, with OpenMP if the compiler has it.

    Args:
        source (str): Name of its file in ``csrc``, without suffix.
        compiler (list[str]): What :func:`find_compiler` returned.
        isa (str): A key of ``ISA_FLAGS``.

    Returns:
        tuple[bytes, str]: Content of the library, and a remark on threads.

    Raises:
        KernelUnavailableError: The compiler fails or takes too long.
        OSError: The compiler cannot be run, or there is no room to write.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='mmpose_video_') as folder:
        library = Path(folder) / f'{source}.so'
        command = [*compiler, *_FLAGS, *ISA_FLAGS[isa],
                   str(SOURCE_FOLDER / f'{source}.cpp'), '-o', str(library)]
        try:
            _run([*command, '-fopenmp'], BUILD_LIMIT)
            threads = 'with OpenMP'
        except KernelUnavailableError:
            left = BUILD_LIMIT - (time.monotonic() - start)
            if left <= 0:
                raise
            # Apple's compiler comes without OpenMP: one thread then.
            _run(command, left)
            threads = 'without OpenMP, one thread'
        return library.read_bytes(), threads
