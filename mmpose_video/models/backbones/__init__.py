"""Backbones and access to the host's."""
from .hrnet_stages import HRNetStages

__all__ = ['HRNetStages']
