"""Layout of the buffers in shared memory that hold the clips of a batch."""
from typing import Any, Dict, Sequence

import numpy as np
import torch

#: Clips begin at multiples of this (bytes, a cache line).
ALIGN = 64
#: Flags in the last bytes of a buffer: the main process holds clips of it; the
#: worker has exited.
HELD, CLOSED = -1, -2


class Lease:
    """Owner of a buffer's memory in the eyes of NumPy and PyTorch.

    Arrays and tensors keep the owner of their memory alive, however they were
    derived from each other. So this object lives as long as any of them.

    Args:
        memory (Tensor): The buffer, (num_bytes, ) uint8.
    """

    def __init__(self, memory: torch.Tensor) -> None:
        self._memory = memory
        self.__array_interface__: Dict[str, Any] = dict(
            version=3, typestr='|u1', shape=(len(memory), ),
            data=(memory.data_ptr(), False))


def view_clip(lease: Lease, start: int, shape: Sequence[int],
              dtype: np.dtype) -> torch.Tensor:
    """Return a clip in a buffer, a view that keeps the lease alive.

    Args:
        lease (Lease): Owner of the buffer.
        start (int): Offset of the clip in bytes.
        shape (Sequence[int]): Shape of the clip.
        dtype (np.dtype): Type of its values.
    """
    num_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.asarray(lease)[start:start + num_bytes]
    return torch.from_numpy(memory.view(dtype).reshape(shape))
