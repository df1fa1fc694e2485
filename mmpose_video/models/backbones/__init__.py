"""Backbones and access to the host's."""
from .hrnet_lite import HRNetLite
from .hrnet_stages import HRNetStages

__all__ = ['HRNetLite', 'HRNetStages']
