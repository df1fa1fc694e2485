"""Heads that MMPose lacks, one file each."""
from .diffpose_head import DiffPoseHead
from .diffpose_regression_head import DiffPoseRegressionHead
from .rough_head import RoughHead
from .token_rle_head import TokenRLEHead

__all__ = [
    'DiffPoseHead', 'DiffPoseRegressionHead', 'RoughHead', 'TokenRLEHead'
]
