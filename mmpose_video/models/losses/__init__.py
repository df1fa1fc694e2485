"""Objectives that MMPose lacks, one file each."""
from .automatic_weighted_loss import AutomaticWeightedLoss
from .dsta_loss import DSTALoss
from .joint_bone_loss import JointBoneLoss, WithBoneLoss
from .mutual_info.club import CLUBUpperBound
from .mutual_info.info_nce import InfoNCELowerBound
from .mutual_info.leave_one_out import LeaveOneOutUpperBound
from .mutual_info.mi_estimator import MIEstimator
from .mutual_info.mutual_info_loss import MutualInfoLoss
from .mutual_info.nwj import NWJLowerBound
from .mutual_info.published_mi import PublishedMI
from .mutual_info.spatial_kl import SpatialSymmetricKL
from .squared_weight_mse_loss import SquaredWeightMSELoss

__all__ = [
    'AutomaticWeightedLoss', 'CLUBUpperBound', 'DSTALoss',
    'InfoNCELowerBound', 'JointBoneLoss', 'LeaveOneOutUpperBound',
    'MIEstimator', 'MutualInfoLoss', 'NWJLowerBound', 'PublishedMI',
    'SpatialSymmetricKL', 'SquaredWeightMSELoss', 'WithBoneLoss'
]
