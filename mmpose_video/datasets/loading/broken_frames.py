"""Count broken frames, also those that worker processes meet."""
import hashlib
from typing import NamedTuple, Set

import torch
from torch.utils.data import get_worker_info

#: One row per worker, and row 0 for the main process. No lock is needed as
#: each row has one writer. (From worker 64 on, rows are shared.)
_ROWS = 65
#: Number of different files that a row can hold.
_FILES = 512
_KEYS, _NEIGHBORS, _FIRST = 0, 1, 2


class BrokenFrames(NamedTuple):
    """Counts of broken frames.

    Attributes:
        key_frames (int): Samples dropped because of a broken key frame.
        neighbors (int): Neighbors that another frame stood in for.
        files (set[int]): A number for each different broken file.
    """

    key_frames: int
    neighbors: int
    files: Set[int]


class BrokenFrameCounter:
    """Count broken frames in memory that all processes share.

    Counts only grow; for the count of an epoch take the difference of two
    results of :meth:`read`. At most 512 files per worker are told apart.
    """

    def __init__(self) -> None:
        self._table = torch.zeros(
            _ROWS, _FIRST + _FILES, dtype=torch.int64).share_memory_()

    def add(self, path: str, is_key: bool) -> bool:
        """Count a broken frame.

        Args:
            path (str): The file.
            is_key (bool): Whether it was the key frame of a sample.

        Returns:
            bool: True the first time that this worker counts the file.
        """
        worker = get_worker_info()
        row = self._table[0 if worker is None else 1 + worker.id %
                          (_ROWS - 1)]
        row[_KEYS if is_key else _NEIGHBORS] += 1
        number = _number(path)
        files = row[_FIRST:]
        if bool((files == number).any()):
            return False
        free = (files == 0).nonzero()
        if len(free):
            files[free[0]] = number
        return True

    def read(self) -> BrokenFrames:
        """Return the counts of all processes."""
        table = self._table.clone()
        files = set(table[:, _FIRST:].flatten().tolist()) - {0}
        return BrokenFrames(
            int(table[:, _KEYS].sum()), int(table[:, _NEIGHBORS].sum()),
            files)

    def __setstate__(self, state: dict) -> None:
        # a deep copy of a shared tensor is not shared
        self.__dict__.update(state)
        self._table.share_memory_()


def _number(path: str) -> int:
    """Return a positive 63-bit number, the same in all processes."""
    digest = hashlib.blake2b(path.encode(), digest_size=8).digest()
    return max(int.from_bytes(digest, 'big') >> 1, 1)
