"""PoseFix: a network that refines the poses of any other."""
from .datasets import PoseFixCocoDataset, PoseFixPoseTrack18Dataset
from .one_hot_heatmap import OneHotHeatmap
from .pack_posefix_inputs import PackPoseFixInputs
from .posefix_estimator import PoseFixEstimator
from .posefix_head import PoseFixHead
from .synthesize_pose import SynthesizePose
from .take_input_pose import TakeInputPose

__all__ = [
    'OneHotHeatmap', 'PackPoseFixInputs', 'PoseFixCocoDataset',
    'PoseFixEstimator', 'PoseFixHead', 'PoseFixPoseTrack18Dataset',
    'SynthesizePose', 'TakeInputPose'
]
