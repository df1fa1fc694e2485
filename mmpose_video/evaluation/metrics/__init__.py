"""Metrics for MMPose's evaluator."""
from .posetrack_ap import PoseTrackAP
from .sub_jhmdb_pck import SubJhmdbPCK

__all__ = ['PoseTrackAP', 'SubJhmdbPCK']
