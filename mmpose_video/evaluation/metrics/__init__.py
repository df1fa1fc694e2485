"""Metrics for MMPose's evaluator."""
from .hieve_ap import HiEveAP
from .own_keypoints_metric import OwnKeypointsMetric
from .pose_error_kinds import PoseErrorKinds
from .posetrack_ap import PoseTrackAP
from .posetrack_error_kinds import PoseTrackErrorKinds
from .sub_jhmdb_pck import SubJhmdbPCK

__all__ = [
    'HiEveAP', 'OwnKeypointsMetric', 'PoseErrorKinds', 'PoseTrackAP',
    'PoseTrackErrorKinds', 'SubJhmdbPCK'
]
