"""Objectives beyond the heatmap loss, one file each."""
from .club import CLUBUpperBound
from .info_nce import InfoNCELowerBound
from .leave_one_out import LeaveOneOutUpperBound
from .mi_estimator import MIEstimator
from .mutual_info_loss import MutualInfoLoss
from .nwj import NWJLowerBound
from .published_mi import PublishedMI
from .spatial_kl import SpatialSymmetricKL
from .target_heatmaps import stack_target_heatmaps

__all__ = [
    'CLUBUpperBound', 'InfoNCELowerBound', 'LeaveOneOutUpperBound',
    'MIEstimator', 'MutualInfoLoss', 'NWJLowerBound', 'PublishedMI',
    'SpatialSymmetricKL', 'stack_target_heatmaps'
]
