"""A JSON array on disk that is valid after each element."""
import json
import os
from typing import IO, Any

from .growing_file import stay_open, write_over_end
from .json_file import atomic_file


class JsonArrayFile:
    """A JSON array that grows on disk and is valid after each element.

    The file is created under another name and renamed, so an earlier file of
    that name is replaced in one step.

    Args:
        path (str): The file; missing folders are created.

    Raises:
        OSError: If the file cannot be created.
    """

    _END = b'\n]\n'

    def __init__(self, path: str) -> None:
        self.path = path
        with atomic_file(path) as file:
            file.write(b'[' + self._END)
            self._file: IO[bytes] = stay_open(file, path)
        self._empty = True

    def append(self, element: Any) -> None:
        """Add an element.

        Args:
            element (Any): What JSON can hold.

        Raises:
            OSError: If it cannot be written; the file stays valid and holds
                the elements before.
        """
        data = json.dumps(element, allow_nan=False).encode()
        position = self._file.seek(-len(self._END), os.SEEK_END)
        write_over_end(self._file, position,
                       (b'\n' if self._empty else b',\n') + data, self._END)
        self._empty = False

    def close(self) -> None:
        """Close the file."""
        self._file.close()
