"""DCPose (CVPR 2021)."""
from .dcpose_neck import DCPoseNeck

__all__ = ['DCPoseNeck']
