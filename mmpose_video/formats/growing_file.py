"""Append to files that must be valid at any time."""
import os
from typing import IO


def stay_open(file: IO[bytes], path: str) -> IO[bytes]:
    """Return a file once more, which stays open when it is closed.

    A draft is still the same file when it has been renamed. What has its name
    may be another one by then, if two processes write the same results.

    Args:
        file (IO[bytes]): The file, open for reading and writing.
        path (str): Its name for messages, if it is about to be renamed.

    Returns:
        IO[bytes]: The file without a buffer.
    """
    return open(path, 'r+b', buffering=0,
                opener=lambda *_: os.dup(file.fileno()))


def write_over_end(file: IO[bytes], position: int, data: bytes,
                   end: bytes) -> None:
    """Write data over the end of a file, and the end again behind it.

    If that fails, for instance as the disk is full, the file is restored to
    what it was: the bytes of the old end need no new room on the disk.

    Args:
        file (IO[bytes]): The file, opened without a buffer
            (``buffering=0``): bytes left in a buffer would be written later,
            behind the restored end.
        position (int): Where the end begins.
        data (bytes): What to insert before the end.
        end (bytes): The closing bytes of the file, as they are there now.

    Raises:
        OSError: If the data cannot be written; the error names the file.
    """
    try:
        _write_all(file, position, data + end)
    except BaseException as error:
        _write_all(file, position, end)
        file.truncate(position + len(end))
        if isinstance(error, OSError) and error.errno is not None:
            # the system does not say which file it could not write
            raise OSError(error.errno, error.strerror, file.name) from error
        raise


def _write_all(file: IO[bytes], position: int, data: bytes) -> None:
    """Write all bytes; a file without a buffer may take them in parts."""
    file.seek(position)
    view = memoryview(data)
    while view:
        view = view[file.write(view):]
