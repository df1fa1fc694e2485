"""Synthetic video clips of people with exact keypoints.

They are written in PoseTrack18's layout, so that a method's use of time can
be measured where no dataset can be downloaded. The modules here need NumPy and
OpenCV, and nothing of the models.
"""
from .clip import Clip, render_clip
from .config import DIFFICULTIES, Difficulty, SyntheticConfig
from .writer import generate

__all__ = [
    'Clip', 'render_clip', 'DIFFICULTIES', 'Difficulty', 'SyntheticConfig',
    'generate'
]
