"""Data structures that travel with a clip."""
from .clip_info import ClipInfo

__all__ = ['ClipInfo']
