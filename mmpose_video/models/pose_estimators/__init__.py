"""Pose estimators for clips."""
from .topdown_video import TopdownVideoPoseEstimator

__all__ = ['TopdownVideoPoseEstimator']
