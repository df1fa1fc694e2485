"""Measures as plain functions."""
from .posetrack_ap import evaluate_posetrack, format_table, posetrack_ap

__all__ = ['evaluate_posetrack', 'format_table', 'posetrack_ap']
