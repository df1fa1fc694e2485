"""Datasets with the poses that PoseFix refines."""
from mmpose.datasets import CocoDataset
from mmpose.registry import DATASETS

from mmpose_video.datasets.body import PoseTrack18ClipDataset

from .with_input_poses import WithInputPoses


@DATASETS.register_module()
class PoseFixCocoDataset(WithInputPoses, CocoDataset):
    """COCO; arguments of :class:`WithInputPoses` and MMPose's dataset."""


@DATASETS.register_module()
class PoseFixPoseTrack18Dataset(WithInputPoses, PoseTrack18ClipDataset):
    """PoseTrack18, and rendered clips, which have its layout.

    Arguments of :class:`WithInputPoses` and of
    :class:`PoseTrack18ClipDataset`.
    """

    never_labeled = ('left_ear', 'right_ear')
