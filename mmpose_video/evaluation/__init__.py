"""Measures of pose estimation in video."""
from .functional import evaluate_posetrack
from .metrics import PoseTrackAP, SubJhmdbPCK

__all__ = ['PoseTrackAP', 'SubJhmdbPCK', 'evaluate_posetrack']
