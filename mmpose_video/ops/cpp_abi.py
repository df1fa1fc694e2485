"""The C interface of ``csrc/selective_scan.h`` in ctypes."""
import ctypes
from typing import Callable, NamedTuple, Optional

import torch
from torch import Tensor

ABI_VERSION = 1

_Pointer = ctypes.c_void_p
_Int = ctypes.c_int64


class KernelSource(NamedTuple):
    """A kernel in ``csrc``.

    Args:
        name (str): Name of its file, without suffix.
        declare (Callable): Declares the functions of the loaded library and
            returns it; raises ``OSError`` if it is not this version's.
    """
    name: str
    declare: Callable[[ctypes.CDLL], ctypes.CDLL]


class ScanTensor(ctypes.Structure):
    """A float32 tensor with four strides, counted in elements."""
    _fields_ = [('data', _Pointer), ('stride', _Int * 4)]


class ScanSizes(ctypes.Structure):
    """Sizes and switches of a problem, and how to cut the work."""
    _fields_ = [(name, _Int) for name in (
        'samples', 'groups', 'tokens', 'channels', 'states', 'rank', 'window',
        'shared_u', 'sum_groups', 'softplus', 'threads', 'channel_parts',
        'group_parts')]


class ScanOperands(ctypes.Structure):
    """Operands that both passes read."""
    _fields_ = [('size', ScanSizes), *(
        (name, ScanTensor) for name in ('u', 'delta', 'B', 'C')), *(
            (name, _Pointer) for name in ('A', 'D', 'bias', 'dt_weight',
                                          'state_weight', 'order',
                                          'reverse'))]


class ScanResults(ctypes.Structure):
    """Arrays that the forward pass writes."""
    _fields_ = [('y', ScanTensor), ('last', _Pointer), ('saved', _Pointer)]


class ScanGradients(ctypes.Structure):
    """Additional inputs and the outputs of the backward pass."""
    _fields_ = [('y', ScanTensor), ('last', _Pointer), ('saved', _Pointer), *(
        (name, ScanTensor) for name in ('u', 'delta', 'B', 'C')), *(
            (name, _Pointer) for name in ('A', 'D', 'bias', 'dt_weight',
                                          'state_weight'))]


def pointer(tensor: Optional[Tensor]) -> Optional[int]:
    """Return the address of a tensor.

    Args:
        tensor (Tensor, optional): Contiguous where the interface says so;
            must outlive the call.

    Returns:
        int or None: None (a null pointer) without tensor.
    """
    return None if tensor is None else tensor.data_ptr()


def strided(tensor: Optional[Tensor]) -> ScanTensor:
    """Describe a token tensor.

    Args:
        tensor (Tensor, optional): (N, G, L, X) float32. An axis of size 1
            may stand for any size if it is a group axis that is shared.

    Returns:
        ScanTensor: Its address and strides; null without tensor.
    """
    if tensor is None:
        return ScanTensor()
    assert tensor.dtype == torch.float32
    stride = list(tensor.stride())
    if tensor.shape[1] == 1:
        stride[1] = 0
    if tensor.shape[3] == 1:
        # A feature axis of size 1 may carry any stride; 1 is the fast case.
        stride[3] = 1
    return ScanTensor(tensor.data_ptr(), (_Int * 4)(*stride))


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Declare the functions' types.

    Args:
        library (ctypes.CDLL): The loaded kernel.

    Returns:
        ctypes.CDLL: The same.

    Raises:
        OSError: The library is not this version's kernel.
    """
    library.scan_abi_version.restype = ctypes.c_int
    version = library.scan_abi_version()
    if version != ABI_VERSION:
        raise OSError(f'its interface has version {version}, not '
                      f'{ABI_VERSION}')
    library.scan_vector_lanes.restype = ctypes.c_int
    library.scan_chunk.restype = ctypes.c_int
    library.scan_order_is_valid.argtypes = [_Pointer, _Int, _Int]
    library.scan_order_is_valid.restype = ctypes.c_int
    library.scan_forward.argtypes = [
        ctypes.POINTER(ScanOperands), ctypes.POINTER(ScanResults)
    ]
    library.scan_forward.restype = ctypes.c_int
    library.scan_backward.argtypes = [
        ctypes.POINTER(ScanOperands), ctypes.POINTER(ScanGradients)
    ]
    library.scan_backward.restype = ctypes.c_int
    return library


SELECTIVE_SCAN = KernelSource('selective_scan', declare)
