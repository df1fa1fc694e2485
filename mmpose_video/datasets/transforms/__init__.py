"""Transforms of clips; MMPose's geometric ones take lists of frames."""
from .clip_consistent import ClipConsistent
from .load_clip import LoadClip
from .pack_clip_inputs import PackClipInputs

__all__ = ['ClipConsistent', 'LoadClip', 'PackClipInputs']
