"""FAMI-Pose (CVPR 2022)."""
from .fami_neck import FAMINeck

__all__ = ['FAMINeck']
