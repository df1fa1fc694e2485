"""Data structures that travel with a clip, and access to its labels."""
from .clip_info import ClipInfo
from .target_heatmaps import stack_target_heatmaps

__all__ = ['ClipInfo', 'stack_target_heatmaps']
