"""Filters over the tracks of keypoints."""
from .base_filter import (
    FILTERS,
    BaseFilter,
    BaseOfflineFilter,
    BaseOnlineFilter,
    build_filter,
    takes_frame_rate,
)
from .exponential import ExponentialMovingAverage
from .gaussian import Gaussian
from .kalman import Kalman
from .one_euro import OneEuro
from .savitzky_golay import SavitzkyGolay
from .smoothnet import SmoothNet
from .track_smoother import TrackSmoother

__all__ = [
    'FILTERS', 'BaseFilter', 'BaseOfflineFilter', 'BaseOnlineFilter',
    'ExponentialMovingAverage', 'Gaussian', 'Kalman', 'OneEuro',
    'SavitzkyGolay', 'SmoothNet', 'TrackSmoother', 'build_filter',
    'takes_frame_rate'
]
