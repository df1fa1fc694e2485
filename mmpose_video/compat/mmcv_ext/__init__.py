"""Operators of ``mmcv._ext``, computed by torchvision or plain PyTorch.

Loaded under the name ``mmcv._ext`` by :mod:`mmpose_video.compat.startup`,
which explains why. Each function has the name, the argument order and the
keywords of the compiled operator (``mmcv/ops/csrc/pytorch/pybind.cpp``) and,
as those do, fills the output tensors it is given. CPU and CUDA.

Other operators exist as attributes nevertheless, because
``mmcv.ops`` looks all of them up on import; calling one raises an error that
names it. ``roi_pool`` is left out on purpose: torchvision rounds the regions
differently, so its result would be plausible and wrong.
"""
from typing import Any, Callable

from ._attention import ms_deform_attn_backward, ms_deform_attn_forward
from ._deform_conv import (
    deform_conv_backward_input,
    deform_conv_backward_parameters,
    deform_conv_forward,
    modulated_deform_conv_backward,
    modulated_deform_conv_forward,
)
from ._missing import missing_operator
from ._nms import nms, nms_match, softnms
from ._roi_align import roi_align_backward, roi_align_forward

__all__ = [
    'deform_conv_backward_input', 'deform_conv_backward_parameters',
    'deform_conv_forward', 'get_compiler_version',
    'get_compiling_cuda_version', 'modulated_deform_conv_backward',
    'modulated_deform_conv_forward', 'ms_deform_attn_backward',
    'ms_deform_attn_forward', 'nms', 'nms_match', 'roi_align_backward',
    'roi_align_forward', 'softnms'
]


def get_compiler_version() -> str:
    """Return what ``collect_env`` prints where nothing was compiled."""
    return 'not compiled (operators answered by mmpose_video)'


def get_compiling_cuda_version() -> str:
    """Return what ``collect_env`` prints where nothing was compiled."""
    return 'not compiled (operators answered by mmpose_video)'


def __getattr__(name: str) -> Callable[..., Any]:
    """Return a function that raises, for any other operator."""
    if name.startswith('__'):
        raise AttributeError(name)

    def missing(*args: Any, **kwargs: Any) -> None:
        missing_operator(name)

    missing.__name__ = name
    return missing
