"""Memory for the clips of a batch that a worker and its loader take turns on.

A worker hands a batch to the main process through shared memory. Memory that
is new each time costs more than what is done in it: the kernel clears each
page, and both processes meet each page for the first time. Here a worker has
a few buffers for a batch each and uses one again when, and only when, nobody
can reach the clips that were in it: neither a tensor, nor a view, nor an
array that shares its memory, in the worker or in the main process.
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
#: What the last bytes of a buffer say: the main process holds clips of it;
#: the worker has ended.
_HELD, _CLOSED = -1, -2

#: A clip's place in the buffer, or a clip that lies elsewhere.
Part = Union[int, torch.Tensor]

#: The main process's buffers by name. Each is sent once.
_received: Dict[str, torch.Tensor] = {}


class ClipRing:
    """A worker's buffers.

    Args:
        clip_bytes (int): Size of a clip.
        num_clips (int): Clips in a batch.
        num_buffers (int): Bound on the buffers. They are made as they are
            needed. With none free, :meth:`take` gives nothing, and the
            caller has to do without.
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
        # runs when a worker ends in peace
        Finalize(self, _close, args=(self._buffers, ), exitpriority=10)

    def take(self, shape: Sequence[int], dtype: np.dtype
             ) -> Optional[torch.Tensor]:
        """Memory for the next clip of the batch that is being made.

        Args:
            shape (Sequence[int]): Of the clip.
            dtype (np.dtype): Of the clip.

        Returns:
            torch.Tensor: Not initialized; None if the clip has another size
            than the ring's, or all buffers are in use.
        """
        num_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if num_bytes != self.clip_bytes:
            return None
        lease = self._open.lease() if self._open is not None else None
        if lease is None:  # a new batch, or the last one came to nothing
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
        """What to put into the queue in place of a batch's clips."""
        assert self._open is not None
        places = {
            self._open.address + i * self._stride: i
            for i in range(self._next)
        }
        parts = [places.get(clip.data_ptr(), clip) for clip in clips]
        buffer, self._open = self._open, None
        return SentClips(buffer, self._stride, parts, clips[0])

    def owns(self, clips: Sequence[torch.Tensor]) -> bool:
        """Whether the batch that is being made has clips in a buffer."""
        return self._open is not None and any(
            0 <= clip.data_ptr() - self._open.address < self._open.num_bytes
            for clip in clips)

    def _free_buffer(self) -> Optional['_Buffer']:
        """The first one that nobody uses; None if there is none."""
        for buffer in self._buffers:
            if buffer.is_free():
                return buffer
        if len(self._buffers) == self.num_buffers:
            return None
        self._buffers.append(_Buffer(self._stride * self.num_clips))
        return self._buffers[-1]


class _Buffer:
    """Shared memory and who uses it."""

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
        return self.lease() is None and not self.memory[_HELD]

    def rent(self) -> '_Lease':
        lease = _Lease(self.memory)
        self.lease = weakref.ref(lease)
        return lease


class _Lease:
    """Owner of a buffer's memory, as NumPy and PyTorch see it.

    Arrays and tensors keep alive what their memory belongs to, however they
    were derived. So this object lives as long as any of them.
    """

    def __init__(self, memory: torch.Tensor) -> None:
        self._memory = memory
        self.__array_interface__ = dict(
            version=3, typestr='|u1', shape=(len(memory), ),
            data=(memory.data_ptr(), False))


class SentClips:
    """The clips of a batch on their way.

    Unpickled it is a list of tensors, ``[clip, ...]``, in memory that the
    worker does not touch before all of them are gone.
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
    """A clip in a buffer."""
    memory = np.asarray(lease)[start:start + num_bytes]
    return torch.from_numpy(memory.view(dtype).reshape(shape))


def _receive(name: str, memory: Optional[torch.Tensor], stride: int,
             parts: List[Part], shape: Tuple[int, ...], dtype: np.dtype
             ) -> List[torch.Tensor]:
    """The clips of a batch, in the main process."""
    if memory is not None:
        _forget_closed()
        _received[name] = memory
    lease = _Lease(_received[name])
    # in a forked child the same memory is still the parent's to give back
    finalizer = weakref.finalize(lease, _give_back, _received[name],
                                 os.getpid())
    finalizer.atexit = False  # type: ignore[misc]  # a property
    num_bytes = int(np.prod(shape)) * dtype.itemsize
    return [
        _tensor(lease, part * stride, num_bytes, shape, dtype)
        if isinstance(part, int) else part for part in parts
    ]


def _give_back(memory: torch.Tensor, pid: int) -> None:
    """Let the worker use a buffer again."""
    if os.getpid() == pid:
        memory[_HELD] = 0
        _forget_closed()


def _forget_closed() -> None:
    """Let go of buffers whose worker has ended."""
    for name, memory in list(_received.items()):
        # clips of it may still be on their way, without the memory
        if memory[_CLOSED] and not memory[_HELD]:
            _received.pop(name, None)


def _close(buffers: List[_Buffer]) -> None:
    """Tell the main process that this worker ends."""
    for buffer in buffers:
        buffer.memory[_CLOSED] = 1
