"""The receiving side of :mod:`.clip_ring`."""
import os
import weakref
from typing import Dict, List, Optional, Tuple, Union

import numpy as np
import torch

from .clip_memory import CLOSED, HELD, Lease, view_clip

#: Index of a clip in the buffer, or a clip that lies elsewhere.
Part = Union[int, torch.Tensor]


class ReceivedBuffers:
    """Buffers of workers that this process has mapped, by name.

    A worker sends each buffer once, and later batches refer to it by name: to
    map it again for each batch would fault on each of its pages, the cost
    that the ring avoids. Buffers of workers that have exited are deleted as
    soon as no clip of theirs is left.

    There is one table in a process, :data:`RECEIVED`, as PyTorch has one of
    shared storages (``torch.multiprocessing.reductions.shared_cache``).
    Nothing smaller can own it: ``pickle`` calls :func:`receive_clips` with
    what the worker sent and nothing else, maybe in the thread that pins
    memory; loader, dataset and collate function are out of its reach, and the
    queue of PyTorch makes the unpickler itself, so that ``persistent_load``
    cannot be set. The names are unique, so loaders do not see each other's
    buffers.
    """

    def __init__(self) -> None:
        self._memory: Dict[str, torch.Tensor] = {}

    def __len__(self) -> int:
        return len(self._memory)

    def add(self, name: str, memory: torch.Tensor) -> None:
        """Keep a buffer that a worker sent for the first time."""
        self.forget_closed()
        self._memory[name] = memory

    def lend(self, name: str) -> Lease:
        """Return an owner of a buffer, which gives it back when it dies."""
        memory = self._memory[name]
        lease = Lease(memory)
        finalizer = weakref.finalize(
            lease, self._give_back, memory, os.getpid())
        finalizer.atexit = False  # type: ignore[misc]  # a property
        return lease

    def forget_closed(self) -> None:
        """Delete buffers whose worker has exited."""
        for name, memory in list(self._memory.items()):
            # clips of it may still be in the queue, and refer to it by name
            if memory[CLOSED] and not memory[HELD]:
                self._memory.pop(name, None)

    def _give_back(self, memory: torch.Tensor, pid: int) -> None:
        """Return a buffer to its worker."""
        # in a forked child only the parent may return the memory
        if os.getpid() == pid:
            memory[HELD] = 0
            self.forget_closed()


#: The buffers of this process.
RECEIVED = ReceivedBuffers()


def receive_clips(name: str, memory: Optional[torch.Tensor], stride: int,
                  parts: List[Part], shape: Tuple[int, ...], dtype: np.dtype
                  ) -> List[torch.Tensor]:
    """Return the clips of a batch that a worker sent.

    Args:
        name (str): Name of the buffer.
        memory (Tensor, optional): The buffer, when it comes for the first
            time.
        stride (int): Bytes from one clip to the next.
        parts (list[int or Tensor]): Index of each clip in the buffer, or a
            clip that lies elsewhere.
        shape (tuple[int, ...]): Shape of a clip.
        dtype (np.dtype): Type of its values.
    """
    if memory is not None:
        RECEIVED.add(name, memory)
    lease = RECEIVED.lend(name)
    return [
        view_clip(lease, part * stride, shape, dtype)
        if isinstance(part, int) else part for part in parts
    ]
