"""Measures of pose estimation in video."""
from .functional import evaluate_posetrack
from .metrics import PoseTrackAP

__all__ = ['PoseTrackAP', 'evaluate_posetrack']
