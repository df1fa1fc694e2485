"""Build HRFormer on the meta device.

What is broken
    ``HRFormer.__init__`` of mmpose 1.3.2 (``models/backbones/hrformer.py``)
    reads its drop-path rates out of ``torch.linspace(...)``. Under
    ``torch.device('meta')``, which counts parameters and multiply-adds
    without memory (``mmpose_video.tools.get_flops``), there is nothing to
    read: 'Tensor.item() cannot be called on meta tensors'.

What this does
    Builds it on the CPU there and moves it to ``meta``; elsewhere the
    original runs.

When it can go
    When mmpose computes the rates without tensors.
"""
import functools
from typing import Any

import torch


def install() -> None:
    """Wrap mmpose's class."""
    from mmpose.models.backbones import HRFormer

    original = HRFormer.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if torch.empty(0).device.type != 'meta':
            original(self, *args, **kwargs)
            return
        with torch.device('cpu'):
            original(self, *args, **kwargs)
        self.to('meta')

    HRFormer.__init__ = init
