"""Measures of pose estimation in video."""
from .functional import evaluate_posetrack, evaluate_posetrack_tracking
from .metrics import (
    HiEveAP,
    OwnKeypointsMetric,
    PoseErrorKinds,
    PoseTrackAP,
    PoseTrackErrorKinds,
    SubJhmdbPCK,
)

__all__ = [
    'HiEveAP', 'OwnKeypointsMetric', 'PoseErrorKinds', 'PoseTrackAP',
    'PoseTrackErrorKinds', 'SubJhmdbPCK', 'evaluate_posetrack',
    'evaluate_posetrack_tracking'
]
