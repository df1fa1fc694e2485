"""A cache of decoded frames."""
import os
from collections import OrderedDict
from typing import Hashable, Optional

import numpy as np


class FrameCache:
    """Keep the frames that were used last, up to a number of bytes.

    The people of one frame share all frames of their clip, and clips of
    neighboring key frames overlap. Frames are returned read-only, as later
    samples get the same array: a transform that writes into its input fails
    instead of changing them.

    A cache belongs to one process. Worker processes start with an empty one,
    whether they are forked or the cache is pickled, so ``max_bytes`` holds
    for each of them.

    Args:
        max_bytes (int): Most bytes of all frames held. A process needs at
            most this and one clip. 0 keeps nothing.

    Attributes:
        num_bytes (int): Bytes held now.
        peak_bytes (int): Most bytes held so far.
        hits (int): Number of frames found.
        misses (int): Number of frames not found.

    Examples:
        >>> cache = FrameCache(max_bytes=64 << 20)
        >>> cache.put('000001.jpg', np.zeros((720, 1280, 3), np.uint8))
        >>> cache.get('000001.jpg').flags.writeable
        False
    """

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 0:
            raise ValueError('`max_bytes` must not be negative, got '
                             f'{max_bytes}')
        self.max_bytes = max_bytes
        self.clear()

    def clear(self) -> None:
        """Delete all frames and counts."""
        self._frames: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self._pid = os.getpid()
        self.num_bytes = self.peak_bytes = self.hits = self.misses = 0

    def get(self, key: Hashable) -> Optional[np.ndarray]:
        """Return a frame, read-only; None if it is not in the cache."""
        self._empty_after_fork()
        frame = self._frames.get(key)
        if frame is None:
            self.misses += 1
            return None
        self.hits += 1
        self._frames.move_to_end(key)
        return frame

    def put(self, key: Hashable, frame: np.ndarray) -> None:
        """Add a frame, and drop those used least recently to make room.

        The frame becomes read-only. One larger than ``max_bytes`` is not
        added and stays writable.
        """
        self._empty_after_fork()
        if frame.nbytes > self.max_bytes:
            return
        old = self._frames.pop(key, None)
        if old is not None:
            self.num_bytes -= old.nbytes
        while self.num_bytes + frame.nbytes > self.max_bytes:
            self.num_bytes -= self._frames.popitem(last=False)[1].nbytes
        frame.flags.writeable = False
        self._frames[key] = frame
        self.num_bytes += frame.nbytes
        self.peak_bytes = max(self.peak_bytes, self.num_bytes)

    def _empty_after_fork(self) -> None:
        """Delete the frames of the parent process."""
        if self._pid != os.getpid():
            self.clear()

    def __len__(self) -> int:
        return len(self._frames)

    def __getstate__(self) -> dict:
        return dict(max_bytes=self.max_bytes)

    def __setstate__(self, state: dict) -> None:
        self.max_bytes = state['max_bytes']
        self.clear()
