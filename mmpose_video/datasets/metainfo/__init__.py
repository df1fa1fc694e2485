"""Key-point sets: those that MMPose ships, and those that it lacks."""
from .hieve import HIEVE_METAINFO
from .host import host_metainfo
from .posetrack15 import POSETRACK15_METAINFO

__all__ = ['HIEVE_METAINFO', 'POSETRACK15_METAINFO', 'host_metainfo']
