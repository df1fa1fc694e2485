"""Visualizers, registered into MMPose's ``VISUALIZERS``."""
from .spread_visualizer import SpreadLocalVisualizer

__all__ = ['SpreadLocalVisualizer']
