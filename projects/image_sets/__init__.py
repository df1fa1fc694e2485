"""Image datasets, and models of one on the other."""
from .common_keypoints_metric import CommonKeypointsMetric

__all__ = ['CommonKeypointsMetric']
