"""Put samples together without new memory for each batch."""
import math
from typing import Any, Optional, Sequence, Tuple

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import FUNCTIONS
from torch.utils.data import get_worker_info

from .clip_ring import ClipRing

#: This worker's, from its first batch on.
_ring: Optional[ClipRing] = None


@FUNCTIONS.register_module()
def collate_clips(data_batch: Sequence[dict], num_buffers: int = 6) -> Any:
    """MMEngine's ``pseudo_collate``, with memory that is used again.

    The batch is the same, tensor for tensor. In worker processes
    :class:`PackClipInputs` puts the clips of all batches but the first into
    a few buffers of shared memory, see :class:`ClipRing`. A buffer is used
    again when nothing in the main process refers to its clips; whoever keeps
    batches may do so, at the price of new memory for those that follow.

    A process forked from the main process must not rely on a batch that was
    loaded before: its memory is shared.

    Args:
        data_batch (Sequence[dict]): Samples, ``inputs`` and
            ``data_samples``.
        num_buffers (int): Bound on the buffers of each worker, of the size
            of a batch. They are made when needed, which with PyTorch's
            ``prefetch_factor`` of 2 is 4 times. Defaults to 6.

    Returns:
        dict: ``inputs``, a list of tensors, and ``data_samples``.

    Examples:
        >>> train_dataloader = dict(collate_fn=dict(type='collate_clips'))
    """
    global _ring
    data = pseudo_collate(data_batch)
    if get_worker_info() is None or not isinstance(data, dict):
        return data
    clips = data.get('inputs')
    if (not isinstance(clips, list) or not all(
            isinstance(clip, torch.Tensor) and clip.dim() == 4
            and clip.shape == clips[0].shape for clip in clips)):
        return data
    num_bytes = clips[0].numel() * clips[0].element_size()
    if _ring is None or (_ring.clip_bytes, _ring.num_clips) != (
            num_bytes, max(len(clips), _ring.num_clips)):
        _ring = ClipRing(num_bytes, len(clips), num_buffers)
    elif _ring.owns(clips):
        data['inputs'] = _ring.send(clips)
    return data


def allocate_clip(shape: Tuple[int, ...], dtype: np.dtype) -> torch.Tensor:
    """Memory for a clip, not initialized.

    Args:
        shape (tuple[int, ...]): Of the clip.
        dtype (np.dtype): Of the clip.

    Returns:
        torch.Tensor: In a worker one that need not be copied to be sent: in
        the worker's ring if it has one, else in new shared memory, as
        PyTorch's ``default_collate`` does.
    """
    clip = torch.from_numpy(np.empty(0, dtype))
    if get_worker_info() is None:
        return clip.new_empty(shape)
    taken = None if _ring is None else _ring.take(shape, dtype)
    if taken is not None:
        return taken
    num_bytes = math.prod(shape) * clip.element_size()
    storage = torch.UntypedStorage._new_shared(num_bytes)
    return clip.set_(storage, 0, shape)  # type: ignore[call-overload]
