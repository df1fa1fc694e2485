"""AdaptivePose and AdaptivePose++: people as points around their centers."""
from .adaptive_pose_head import AdaptivePoseHead
from .adaptive_pose_label import AdaptivePoseLabel

__all__ = ['AdaptivePoseHead', 'AdaptivePoseLabel']
