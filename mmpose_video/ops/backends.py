"""Register the scan backends and choose among them."""
import importlib
import os
import warnings
from functools import cache
from types import ModuleType
from typing import Dict, List, Optional, Tuple

import torch

from .problem import ScanProblem

ENV_BACKEND = 'MMPOSE_VIDEO_SCAN_BACKEND'

# Name of the backend -> module of this folder, imported at first use.
BACKENDS: Dict[str, str] = {
    'cpp': 'cpp_backend',
    'triton': 'triton_backend',
    'mamba_ssm': 'mamba_ssm_backend',
    'torch': 'torch_backend',
    'export': 'export_backend',
    'reference': 'reference_backend',
}

_COMPOSITE = ('export', 'reference')


class ScanBackendError(RuntimeError):
    """Raised for a scan backend that does not exist or cannot be used."""


@cache
def _load(name: str) -> Tuple[Optional[ModuleType], str]:
    """Import one backend and ask it whether it can work here."""
    try:
        module = importlib.import_module(f'.{BACKENDS[name]}', __package__)
    except ImportError as error:
        return None, f'{BACKENDS[name]}.py cannot be imported: {error}'
    works, reason = module.availability()
    return (module, '') if works else (None, reason)


def available_backends() -> Dict[str, Tuple[bool, str]]:
    """Return which backends work on this machine, and why not the others.

    Returns:
        dict[str, tuple[bool, str]]: For each backend whether it works, and
        if it does not, what is missing and how to get it.
    """
    result = {}
    for name in BACKENDS:
        module, reason = _load(name)
        result[name] = (module is not None, reason)
    return result


def is_composite(name: str) -> bool:
    """Return whether a backend is made of differentiable operations.

    Args:
        name (str): Name of a backend.

    Returns:
        bool: True for those that are called without the custom operator.
    """
    return name in _COMPOSITE


def requested_backend(backend: Optional[str]) -> str:
    """Resolve the argument and the environment variable to a name.

    Args:
        backend (str, optional): The argument of the public function.

    Returns:
        str: The name of a backend, or ``'auto'``.

    Raises:
        ScanBackendError: The name is not that of a backend.
    """
    source = 'backend'
    name = backend
    if name is None:
        source = f'environment variable {ENV_BACKEND}'
        name = os.environ.get(ENV_BACKEND) or 'auto'
    if name != 'auto' and name not in BACKENDS:
        raise ScanBackendError(
            f'{source}={name!r} is not a scan backend. Choose one of '
            f'{", ".join(map(repr, BACKENDS))}, or "auto".')
    return name


def get_backend(name: str) -> ModuleType:
    """Get a backend by name.

    Args:
        name (str): One of ``BACKENDS``.

    Returns:
        ModuleType: The backend's module.

    Raises:
        ScanBackendError: It does not work here; the message says what is
            missing and what to do.
    """
    module, reason = _load(name)
    if module is None:
        working = [key for key in BACKENDS if _load(key)[0] is not None]
        raise ScanBackendError(
            f'The scan backend {name!r} is not available: {reason} '
            f'Available here: {", ".join(working)}.')
    return module


def _order_of_choice(problem: ScanProblem) -> List[str]:
    """Return the backends to try for a problem, fastest first."""
    if problem.u.device.type == 'cpu':
        return ['cpp', 'torch']
    # The CUDA kernels of mamba_ssm only walk straight ahead: orders,
    # windows and the low-rank step size cost copies there.
    plain = (
        problem.order is None and not any(problem.reverse)
        and problem.windows == 1 and problem.dt_weight is None)
    if plain:
        return ['mamba_ssm', 'triton', 'torch']
    return ['triton', 'mamba_ssm', 'torch']


def _refusal(module: ModuleType, problem: ScanProblem) -> str:
    """Return why a working backend refuses a problem; '' if it does not."""
    device = problem.u.device.type
    if module.DEVICES is not None and device not in module.DEVICES:
        return f'it serves {"/".join(module.DEVICES)}, not {device} tensors'
    accepts, reason = module.supports(problem)
    return '' if accepts else reason


@cache
def _warn_slow(device: str, why: str) -> None:
    """Warn once per process that only the slow path is left, and why."""
    warnings.warn(
        f'No compiled selective scan serves {device} tensors, the pure '
        'PyTorch one is used: expect 5 to 10 times the time per scan. '
        f'To get a fast one: {why}. Set {ENV_BACKEND}=torch to accept this '
        'silently.', stacklevel=2)


def resolve(name: str, problem: ScanProblem) -> ModuleType:
    """Find the backend that serves a problem.

    Args:
        name (str): Name of a backend, or ``'auto'``.
        problem (ScanProblem): The problem; only shapes, dtypes and the
            device are looked at.

    Returns:
        ModuleType: The backend's module.

    Raises:
        ScanBackendError: The backend asked for cannot serve.
    """
    if name != 'auto':
        module = get_backend(name)
        reason = _refusal(module, problem)
        if reason:
            raise ScanBackendError(
                f'The scan backend {name!r} cannot take this call: {reason}. '
                'Leave the choice to backend="auto", or change the input.')
        return module
    missing = []
    for candidate in _order_of_choice(problem):
        found, reason = _load(candidate)
        if found is None:
            missing.append(f'{candidate}: {reason.rstrip(".")}')
            continue
        if not _refusal(found, problem):
            if candidate == 'torch' and missing:
                # float64 goes to torch by choice, not for lack of a kernel.
                if problem.u.dtype != torch.float64:
                    _warn_slow(problem.u.device.type, '; '.join(missing))
            return found
    raise ScanBackendError('No scan backend serves this call: '
                           + '; '.join(missing) + '.')
