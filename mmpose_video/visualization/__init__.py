"""Visualizers for MMPose, and pictures of clips."""
from .clip_strip import clip_strip
from .spread_visualizer import SpreadLocalVisualizer
from .track_visualizer import TrackLocalVisualizer, track_color

__all__ = [
    'SpreadLocalVisualizer', 'TrackLocalVisualizer', 'clip_strip',
    'track_color'
]
