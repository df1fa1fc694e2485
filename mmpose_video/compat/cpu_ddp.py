"""Train with several processes on a machine without an accelerator.

What is broken
    ``--launcher pytorch`` needs a GPU even for ``backend='gloo'``: mmengine
    0.10.7 and onedl-mmengine 0.10.12 call ``torch.cuda.set_device``
    unconditionally (``dist/utils.py``, ``_init_dist_pytorch``) and give
    ``device_ids=[LOCAL_RANK]`` to DistributedDataParallel, which refuses that
    for a model on the CPU (``runner/runner.py``, ``wrap_model``).

What this does
    Where there is no accelerator at all: skips the first, drops the second,
    and takes ``gloo`` where ``nccl``, MMEngine's default, cannot work.
    Elsewhere the original functions run.

When it can go
    When MMEngine asks for a device before it sets one.
"""
import functools
import logging
from typing import Any

import torch
import torch.distributed as torch_dist


def on_cpu() -> bool:
    """Return whether MMEngine would train on the CPU."""
    from mmengine.device import get_device
    return get_device() == 'cpu'


def install() -> None:
    """Wrap MMEngine's two places."""
    from mmengine.dist import utils
    from mmengine.model import MMDistributedDataParallel

    init_dist_pytorch = utils._init_dist_pytorch
    init_ddp = MMDistributedDataParallel.__init__

    @functools.wraps(init_dist_pytorch)
    def init_dist(backend: str, *args: Any, **kwargs: Any) -> None:
        if not on_cpu():
            init_dist_pytorch(backend, *args, **kwargs)
            return
        if backend == 'nccl':
            logging.getLogger(__name__).warning(
                "no GPU: the processes communicate by 'gloo' instead of "
                "'nccl'")
            backend = 'gloo'
        kwargs.pop('init_backend', None)
        torch_dist.init_process_group(backend=backend, **kwargs)

    @functools.wraps(init_ddp)
    def init(self: Any, module: torch.nn.Module, *args: Any,
             **kwargs: Any) -> None:
        if on_cpu():
            kwargs.pop('device_ids', None)
        init_ddp(self, module, *args, **kwargs)

    utils._init_dist_pytorch = init_dist
    MMDistributedDataParallel.__init__ = init
