"""Measures of pose estimation in video."""
from .functional import evaluate_posetrack, evaluate_posetrack_tracking
from .metrics import (
    HiEveAP,
    PoseErrorKinds,
    PoseTrackAP,
    PoseTrackErrorKinds,
    SubJhmdbPCK,
)

__all__ = [
    'HiEveAP', 'PoseErrorKinds', 'PoseTrackAP', 'PoseTrackErrorKinds',
    'SubJhmdbPCK', 'evaluate_posetrack', 'evaluate_posetrack_tracking'
]
