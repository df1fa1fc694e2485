"""Codecs, registered into MMPose's ``KEYPOINT_CODECS``."""
from .centered_integral_regression_label import CenteredIntegralRegressionLabel
from .centered_regression_label import CenteredRegressionLabel
from .movenet_label import MoveNetLabel
from .movenet_multipose_label import DecodedPeople, MoveNetMultiPoseLabel

__all__ = [
    'CenteredIntegralRegressionLabel', 'CenteredRegressionLabel',
    'DecodedPeople', 'MoveNetLabel', 'MoveNetMultiPoseLabel'
]
