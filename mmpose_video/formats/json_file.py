"""Read and write JSON files."""
import contextlib
import json
import os
import os.path as osp
from typing import IO, Any, Iterator, Optional

import mmengine.fileio as fileio

from .drafts import Draft
from .errors import FormatError


def read_text(path: str) -> str:
    """Read a text file.

    Raises:
        OSError: If the file cannot be read.
        FormatError: If it is not UTF-8; the message names the file.
    """
    with open(path, 'rb') as file:
        return decode_text(file.read(), path)


def decode_text(data: bytes, source: str) -> str:
    """Decode UTF-8, with or without the mark at its beginning.

    Args:
        data (bytes): Content of a file.
        source (str): Its name, for messages.

    Raises:
        FormatError: If it is not UTF-8.
    """
    try:
        return data.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise FormatError(f'{source} is not UTF-8 text: {error}') from error


def parse_json(text: str, source: str) -> Any:
    """Parse JSON.

    Args:
        text (str): The text.
        source (str): Name of its file, for messages.

    Raises:
        FormatError: If it is not valid JSON.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise FormatError(f'{source} is nested too deeply') from None
    except ValueError as error:
        raise FormatError(f'{source} is not valid JSON: {error}') from error


def read_json(path: str, backend_args: Optional[dict] = None) -> Any:
    """Read a JSON file.

    Args:
        path (str): A local file, or an address that MMEngine can read.
        backend_args (dict, optional): MMEngine's file backend.

    Returns:
        Any: The parsed content.

    Raises:
        OSError: If the file cannot be read.
        FormatError: If it is not valid JSON; the message names the file.
    """
    try:
        data = fileio.get(path, backend_args=backend_args)
    except OSError as error:
        if error.filename:
            raise
        raise OSError(f'cannot read `{path}`: {error}') from error
    return parse_json(decode_text(data, path), path)


def write_json(content: Any, path: str, indent: Optional[int] = None) -> None:
    """Write a JSON file that is either complete or absent.

    Args:
        content (Any): What JSON can hold.
        path (str): The file; missing folders are created.
        indent (int, optional): Indentation. Defaults to None, which writes
            everything on one line.

    Raises:
        OSError: If the file cannot be written; an earlier version stays.
    """
    separators = (',', ':') if indent is None else (',', ': ')
    with atomic_file(path) as file:
        # json.dump would use a much slower encoder
        file.write(
            json.dumps(content, indent=indent, separators=separators).encode())


@contextlib.contextmanager
def atomic_file(path: str) -> Iterator[IO[bytes]]:
    """Open a file that gets its name when it is complete.

    The content goes to a new file (see :class:`Draft`), is flushed to
    the disk and renamed. If anything fails the draft is removed, and an
    earlier file of that name stays as it was. What is no file, such as
    ``/dev/null`` or a pipe, is written to as it is.

    Args:
        path (str): The file; missing folders are created.

    Yields:
        IO[bytes]: The draft, open for reading, too.

    Raises:
        OSError: If the file cannot be written; the error names it.
    """
    if osp.exists(path) and not osp.isfile(path):
        with open(path, 'wb') as file:
            yield file
        return
    draft = Draft(path)
    try:
        with open(draft.name, 'r+b') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.finish()
    except OSError as error:
        if error.errno is None or error.filename not in (None, draft.name):
            raise
        # a full disk is reported without the name of the file
        raise OSError(error.errno, error.strerror, path) from error
    finally:
        draft.close()


def without_nan(value: Any) -> Any:
    """Replace NaN, which JSON lacks, by None in a number or nested dicts."""
    if isinstance(value, dict):
        return {key: without_nan(entry) for key, entry in value.items()}
    return None if value != value else value
