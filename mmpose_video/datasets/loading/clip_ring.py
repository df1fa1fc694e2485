"""Shared-memory batch buffers, recycled between a worker and its loader.

A worker hands a batch to the main process through shared memory. Allocating
it for each batch costs more than filling it: the kernel clears every page,
and both processes fault on every page. Here a worker has a few buffers of the
size of a batch. It reuses one as soon as no tensor, view or array in the
worker or the main process refers to its memory any more, and never before.
"""
import os
import uuid
import weakref
from multiprocessing.util import Finalize
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
import torch

#: Clips begin at multiples of this (bytes, a cache line).
_ALIGN = 64
#: Flags in the last bytes of a buffer: the main process holds clips of it; the
#: worker has exited.
_HELD, _CLOSED = -1, -2

#: Index of a clip in the buffer, or a clip that lies elsewhere.
Part = Union[int, torch.Tensor]

#: Buffers in the main process by name. Each is sent once, and later batches
#: refer to it by name: unpickling has no other place to keep it.
_received: Dict[str, torch.Tensor] = {}


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
        self._stride = -(-clip_bytes // _ALIGN) * _ALIGN
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
        return _tensor(lease, start, num_bytes, shape, dtype)

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
        storage = torch.UntypedStorage._new_shared(num_bytes + _ALIGN)
        self.memory = torch.empty(0, dtype=torch.uint8).set_(storage)
        self.memory[-_ALIGN:] = 0
        self.address = self.memory.data_ptr()
        self.was_sent = False
        self.lease: Any = lambda: None

    def is_free(self) -> bool:
        """Return whether neither process uses the memory."""
        return self.lease() is None and not self.memory[_HELD]

    def rent(self) -> '_Lease':
        """Return an owner of the memory for the clips of a batch."""
        lease = _Lease(self.memory)
        self.lease = weakref.ref(lease)
        return lease


class _Lease:
    """Owner of a buffer's memory in the eyes of NumPy and PyTorch.

    Arrays and tensors keep the owner of their memory alive, however they were
    derived from each other. So this object lives as long as any of them.
    """

    def __init__(self, memory: torch.Tensor) -> None:
        self._memory = memory
        self.__array_interface__ = dict(
            version=3, typestr='|u1', shape=(len(memory), ),
            data=(memory.data_ptr(), False))


class SentClips:
    """The clips of a batch on their way to the main process.

    It unpickles to a list of tensors ``[clip, ...]`` in memory that the
    worker does not touch before all of them are deleted.
    """

    def __init__(self, buffer: _Buffer, stride: int, parts: List[Part],
                 like: torch.Tensor) -> None:
        buffer.memory[_HELD] = 1
        memory = None if buffer.was_sent else buffer.memory
        buffer.was_sent = True
        self._args = (buffer.name, memory, stride, parts, tuple(like.shape),
                      like[:0].numpy().dtype)

    def __reduce__(self) -> Tuple[Any, tuple]:
        return _receive, self._args


def _tensor(lease: _Lease, start: int, num_bytes: int, shape: Sequence[int],
            dtype: np.dtype) -> torch.Tensor:
    """Return a clip in a buffer."""
    memory = np.asarray(lease)[start:start + num_bytes]
    return torch.from_numpy(memory.view(dtype).reshape(shape))


def _receive(name: str, memory: Optional[torch.Tensor], stride: int,
             parts: List[Part], shape: Tuple[int, ...], dtype: np.dtype
             ) -> List[torch.Tensor]:
    """Return the clips of a batch in the main process."""
    if memory is not None:
        _forget_closed()
        _received[name] = memory
    lease = _Lease(_received[name])
    # in a forked child only the parent may return the memory
    finalizer = weakref.finalize(lease, _give_back, _received[name],
                                 os.getpid())
    finalizer.atexit = False  # type: ignore[misc]  # a property
    num_bytes = int(np.prod(shape)) * dtype.itemsize
    return [
        _tensor(lease, part * stride, num_bytes, shape, dtype)
        if isinstance(part, int) else part for part in parts
    ]


def _give_back(memory: torch.Tensor, pid: int) -> None:
    """Return a buffer to its worker."""
    if os.getpid() == pid:
        memory[_HELD] = 0
        _forget_closed()


def _forget_closed() -> None:
    """Delete buffers whose worker has exited."""
    for name, memory in list(_received.items()):
        # clips of it may still be in the queue, and refer to it by name
        if memory[_CLOSED] and not memory[_HELD]:
            _received.pop(name, None)


def _close(buffers: List[_Buffer]) -> None:
    """Tell the main process that this worker exits."""
    for buffer in buffers:
        buffer.memory[_CLOSED] = 1
