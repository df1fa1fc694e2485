"""Key-point sets: those that MMPose ships, and those that it lacks."""
from .hieve import HIEVE_METAINFO
from .host import host_metainfo

__all__ = ['HIEVE_METAINFO', 'host_metainfo']
