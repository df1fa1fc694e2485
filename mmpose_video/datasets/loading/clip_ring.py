"""Shared-memory batch buffers, recycled between a worker and its loader.

A worker hands a batch to the main process through shared memory. Allocating
it for each batch costs more than filling it: the kernel clears every page,
and both processes fault on every page. Here a worker has a few buffers of the
size of a batch. It reuses one as soon as no tensor, view or array in the
worker or the main process refers to its memory any more, and never before.
"""
import uuid
import weakref
from multiprocessing.util import Finalize
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np
import torch

from .clip_memory import ALIGN, CLOSED, HELD, Lease, view_clip
from .received_buffers import Part, receive_clips


class ClipRing:
    """The buffers of a worker.

    Args:
        clip_bytes (int): Size of a clip.
        num_clips (int): Clips in a batch.
        num_buffers (int): Most buffers. They are allocated when needed. If
            none is free, :meth:`take` returns None and the caller has to
            allocate memory.
    """

    def __init__(self, clip_bytes: int, num_clips: int,
                 num_buffers: int) -> None:
        self.clip_bytes = clip_bytes
        self.num_clips = num_clips
        self.num_buffers = num_buffers
        self._stride = -(-clip_bytes // ALIGN) * ALIGN
        self._buffers: List[_Buffer] = []
        self._open: Optional[_Buffer] = None
        self._next = 0
        # runs when a worker exits normally
        Finalize(self, _close, args=(self._buffers, ), exitpriority=10)

    def take(self, shape: Sequence[int], dtype: np.dtype
             ) -> Optional[torch.Tensor]:
        """Take memory for the next clip of the current batch.

        Args:
            shape (Sequence[int]): Shape of the clip.
            dtype (np.dtype): Type of its values.

        Returns:
            torch.Tensor: Not initialized; None if the clip has another size
            than the ring's, or all buffers are in use.
        """
        num_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if num_bytes != self.clip_bytes:
            return None
        lease = self._open.lease() if self._open is not None else None
        if lease is None:  # a new batch, or the last one was dropped
            self._open, self._next = self._free_buffer(), 0
            if self._open is None:
                return None
            lease = self._open.rent()
        elif self._next == self.num_clips:
            return None
        start = self._next * self._stride
        self._next += 1
        return view_clip(lease, start, shape, dtype)

    def send(self, clips: Sequence[torch.Tensor]) -> 'SentClips':
        """Return the object to queue in place of the clips of a batch."""
        assert self._open is not None
        places = {
            self._open.address + i * self._stride: i
            for i in range(self._next)
        }
        parts = [places.get(clip.data_ptr(), clip) for clip in clips]
        buffer, self._open = self._open, None
        return SentClips(buffer, self._stride, parts, clips[0])

    def owns(self, clips: Sequence[torch.Tensor]) -> bool:
        """Return whether any of the clips lies in the current buffer."""
        return self._open is not None and any(
            0 <= clip.data_ptr() - self._open.address < self._open.num_bytes
            for clip in clips)

    def _free_buffer(self) -> Optional['_Buffer']:
        """Return the first buffer that is not in use, None if all are."""
        for buffer in self._buffers:
            if buffer.is_free():
                return buffer
        if len(self._buffers) == self.num_buffers:
            return None
        self._buffers.append(_Buffer(self._stride * self.num_clips))
        return self._buffers[-1]


class _Buffer:
    """Shared memory of a batch, and its users."""

    def __init__(self, num_bytes: int) -> None:
        self.num_bytes = num_bytes
        self.name = uuid.uuid4().hex
        storage = torch.UntypedStorage._new_shared(num_bytes + ALIGN)
        self.memory = torch.empty(0, dtype=torch.uint8).set_(storage)
        self.memory[-ALIGN:] = 0
        self.address = self.memory.data_ptr()
        self.was_sent = False
        self.lease: Any = lambda: None

    def is_free(self) -> bool:
        """Return whether neither process uses the memory."""
        return self.lease() is None and not self.memory[HELD]

    def rent(self) -> Lease:
        """Return an owner of the memory for the clips of a batch."""
        lease = Lease(self.memory)
        self.lease = weakref.ref(lease)
        return lease


class SentClips:
    """The clips of a batch on their way to the main process.

    It unpickles to a list of tensors ``[clip, ...]`` in memory that the
    worker does not touch before all of them are deleted.
    """

    def __init__(self, buffer: _Buffer, stride: int, parts: List[Part],
                 like: torch.Tensor) -> None:
        buffer.memory[HELD] = 1
        memory = None if buffer.was_sent else buffer.memory
        buffer.was_sent = True
        self._args = (buffer.name, memory, stride, parts, tuple(like.shape),
                      like[:0].numpy().dtype)

    def __reduce__(self) -> Tuple[Any, tuple]:
        return receive_clips, self._args


def _close(buffers: List[_Buffer]) -> None:
    """Tell the main process that this worker exits."""
    for buffer in buffers:
        buffer.memory[CLOSED] = 1
