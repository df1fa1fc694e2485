"""Operators that MMPose lacks: the selective scan on CPUs and GPUs."""
from .backends import ScanBackendError, available_backends
from .multi_directional_scan import multi_directional_scan
from .selective_scan import selective_scan

__all__ = [
    'ScanBackendError', 'available_backends', 'multi_directional_scan',
    'selective_scan'
]
