"""Codecs, registered into MMPose's ``KEYPOINT_CODECS``."""
from .centered_integral_regression_label import CenteredIntegralRegressionLabel
from .centered_regression_label import CenteredRegressionLabel

__all__ = ['CenteredIntegralRegressionLabel', 'CenteredRegressionLabel']
