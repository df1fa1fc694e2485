"""Metrics for MMPose's evaluator."""
from .posetrack_ap import PoseTrackAP

__all__ = ['PoseTrackAP']
