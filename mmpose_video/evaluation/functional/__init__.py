"""Measures as plain functions."""
from .posetrack_ap import evaluate_posetrack, format_table, posetrack_ap
from .posetrack_mota import evaluate_posetrack_tracking

__all__ = [
    'evaluate_posetrack', 'evaluate_posetrack_tracking', 'format_table',
    'posetrack_ap'
]
