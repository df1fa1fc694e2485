"""Keypoint sets, those that MMPose defines and others."""
from .hieve import HIEVE_METAINFO
from .mmpose_metainfo import mmpose_metainfo

__all__ = ['HIEVE_METAINFO', 'mmpose_metainfo']
