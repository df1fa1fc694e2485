"""PoseTrack2017, clips around labelled frames."""
from mmpose.registry import DATASETS

from ..base_video_dataset import BaseVideoDataset
from ..metainfo import host_metainfo


@DATASETS.register_module()
class PoseTrack17ClipDataset(BaseVideoDataset):
    """PoseTrack2017 as clips for video top-down models.

    "PoseTrack: A Benchmark for Human Pose Estimation and Tracking", CVPR 2018
    (https://arxiv.org/abs/1710.10000). The annotations are those of the 2017
    release (``annolist`` json), which
    ``python -m mmpose_video.datasets.convert posetrack17`` brings into COCO's
    style with the 17 key points of :class:`PoseTrack18ClipDataset`; frames
    are counted from 1 and named with eight digits. See
    :class:`BaseVideoDataset` for the arguments.
    """

    METAINFO: dict = host_metainfo('posetrack18', 'posetrack17')
