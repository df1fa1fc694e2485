"""Measures of pose estimation in video."""
from .functional import evaluate_posetrack, evaluate_posetrack_tracking
from .metrics import HiEveAP, PoseTrackAP, SubJhmdbPCK

__all__ = [
    'HiEveAP', 'PoseTrackAP', 'SubJhmdbPCK', 'evaluate_posetrack',
    'evaluate_posetrack_tracking'
]
