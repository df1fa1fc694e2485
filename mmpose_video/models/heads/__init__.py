"""Heads that MMPose lacks, one file each."""
from .centered_heads import (
    CenteredDSNTHead,
    CenteredIntegralRegressionHead,
    CenteredRegressionHead,
    CenteredRLEHead,
)
from .diffpose_head import DiffPoseHead
from .diffpose_regression_head import DiffPoseRegressionHead
from .joint_token_heatmap_head import JointTokenHeatmapHead
from .joint_token_simcc_head import JointTokenSimCCHead
from .movenet_head import MoveNetHead
from .movenet_multipose_head import MoveNetMultiPoseHead
from .online_distill_head import OnlineDistillHead
from .rough_head import RoughHead
from .token_pose_head import TokenPoseHead
from .token_rle_head import TokenRLEHead

__all__ = [
    'CenteredDSNTHead', 'CenteredIntegralRegressionHead', 'CenteredRLEHead',
    'CenteredRegressionHead', 'DiffPoseHead', 'DiffPoseRegressionHead',
    'JointTokenHeatmapHead', 'JointTokenSimCCHead', 'MoveNetHead',
    'MoveNetMultiPoseHead', 'OnlineDistillHead', 'RoughHead',
    'TokenPoseHead', 'TokenRLEHead'
]
