"""A cache of compiled kernels that only its user can have written.

Loading a library runs its code, so anyone who can replace a file of the cache
can run code as its user. Every file is therefore reached through one
descriptor of a directory that belongs to the user and that nobody else may
write to; links are not followed. Each file ends in a digest of its name and
content, so a truncated file is detected before it is loaded.
"""
import errno
import hashlib
import os
import secrets
import stat
import time
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Iterator, List, Optional, Type

ENV_CACHE = 'MMPOSE_VIDEO_CACHE_DIR'

# Package default, seconds: longer than a build may take.
LOCK_LIMIT = 150.0

_DIGEST_BYTES = hashlib.sha256().digest_size
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class CacheError(Exception):
    """Raised when the cache, or a file of it, cannot be trusted or used."""


def user_cache() -> Path:
    """Return the directory for all that the package keeps for the user.

    Returns:
        Path: ``MMPOSE_VIDEO_CACHE_DIR``, else ``mmpose_video`` in
        ``XDG_CACHE_HOME`` or in ``~/.cache``. It may not exist.

    Raises:
        CacheError: The user has no home directory.
    """
    named = os.environ.get(ENV_CACHE)
    xdg = os.environ.get('XDG_CACHE_HOME')
    try:
        if named:
            return Path(named)
        if xdg:
            return Path(xdg) / 'mmpose_video'
        return Path.home() / '.cache' / 'mmpose_video'
    except RuntimeError as error:
        raise CacheError(f'the user has no home directory ({error})'
                         ) from error


def cache_directory() -> Path:
    """Return the directory that compiled kernels are kept in.

    Returns:
        Path: ``kernels-`` and the user's id in :func:`user_cache`. It may not
        exist.

    Raises:
        CacheError: The user has no home directory.
    """
    return user_cache() / f'kernels-{os.geteuid()}'


def _check_owner(status: os.stat_result) -> None:
    """Raise unless a file is the user's and nobody else may write to it."""
    if status.st_uid != os.geteuid():
        raise CacheError(f'it belongs to another user (id {status.st_uid})')
    if status.st_mode & _OTHERS_MAY_WRITE:
        raise CacheError('other users may write to it (mode '
                         f'{stat.S_IMODE(status.st_mode):o})')


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b'\0' + content).digest()


class KernelCache:
    """The user's directory of compiled kernels, open.

    A context manager that closes the directory.

    Args:
        path (Path): The directory.
        create (bool): Make it, readable by the user only, if there is none.

    Raises:
        CacheError: There is none, or it is a link, or another user owns it
            or may write to it.
    """

    def __init__(self, path: Path, create: bool = False) -> None:
        self.path = path
        try:
            if create:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.mkdir(mode=0o700, exist_ok=True)
            self._directory = os.open(
                path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise CacheError(f'{path} is no directory, or a link'
                                 ) from error
            raise CacheError(f'{path}: {error.strerror}') from error
        try:
            _check_owner(os.fstat(self._directory))
        except CacheError as error:
            os.close(self._directory)
            raise CacheError(
                f'{path}: {error}; remove it, or "chmod 700" it') from None

    def __enter__(self) -> 'KernelCache':
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        os.close(self._directory)

    def names(self, prefix: str) -> List[str]:
        """List the kernels whose names begin with a prefix.

        Args:
            prefix (str): Beginning of a file name.

        Returns:
            list[str]: Names, sorted.
        """
        return sorted(name for name in os.listdir(self._directory)
                      if name.startswith(prefix) and name.endswith('.so'))

    def load(self, name: str) -> Optional[bytes]:
        """Read a kernel and verify it.

        Args:
            name (str): Its file name.

        Returns:
            bytes or None: Content of the library; None if there is none.

        Raises:
            CacheError: The file is not what :meth:`store` wrote, or another
                user owns it or may write to it.
        """
        try:
            # A pipe in its place must not block.
            handle = os.open(
                name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
                | os.O_NONBLOCK, dir_fd=self._directory)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CacheError('it is a link' if error.errno == errno.ELOOP
                             else str(error.strerror)) from error
        with open(handle, 'rb') as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise CacheError('it is no regular file')
            _check_owner(status)
            stored = file.read()
        content, digest = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
        if digest != _digest(name, content):
            raise CacheError('its content is not what was stored')
        return content

    def store(self, name: str, content: bytes) -> None:
        """Write a kernel, all of it or nothing.

        Args:
            name (str): Its file name; a file of that name is replaced.
            content (bytes): Content of the library.

        Raises:
            OSError: The directory cannot be written to.
        """
        partial = f'.{name}.{secrets.token_hex(8)}'
        handle = os.open(
            partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            | os.O_CLOEXEC, 0o600, dir_fd=self._directory)
        try:
            with open(handle, 'wb') as file:
                file.write(content + _digest(name, content))
                file.flush()
                os.fsync(handle)
            os.rename(partial, name, src_dir_fd=self._directory,
                      dst_dir_fd=self._directory)
        except BaseException:
            os.unlink(partial, dir_fd=self._directory)
            raise

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a lock, so that processes that start together build once.

        Without it nothing breaks: two builds take the place of one. Where a
        lock cannot be acquired within ``LOCK_LIMIT`` seconds, or not at all,
        the body runs without.

        Args:
            name (str): Name of the lock file.
        """
        import fcntl
        try:
            handle = os.open(
                name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                | os.O_NONBLOCK, 0o600, dir_fd=self._directory)
        except OSError:
            yield
            return
        try:
            deadline = time.monotonic() + LOCK_LIMIT
            while time.monotonic() < deadline:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.05)
                except OSError:
                    break  # A file system without locks.
            yield
        finally:
            os.close(handle)
