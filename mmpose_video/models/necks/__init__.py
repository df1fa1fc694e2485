"""Necks that fuse the features of a clip, one file per method."""
from .base_video_neck import BaseVideoNeck
from .glsmamba import GLSMambaNeck

__all__ = ['BaseVideoNeck', 'GLSMambaNeck']
