"""Metrics for MMPose's evaluator."""
from .hieve_ap import HiEveAP
from .posetrack_ap import PoseTrackAP
from .sub_jhmdb_pck import SubJhmdbPCK

__all__ = ['HiEveAP', 'PoseTrackAP', 'SubJhmdbPCK']
