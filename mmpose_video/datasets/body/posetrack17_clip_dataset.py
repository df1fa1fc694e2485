"""PoseTrack2017 as clips."""
from mmpose.registry import DATASETS

from ..base_video_dataset import BaseVideoDataset
from ..metainfo import mmpose_metainfo


@DATASETS.register_module()
class PoseTrack17ClipDataset(BaseVideoDataset):
    """PoseTrack2017 as clips for video top-down models.

    "PoseTrack: A Benchmark for Human Pose Estimation and Tracking", CVPR 2018
    (https://arxiv.org/abs/1710.10000). ``mmpose-video convert posetrack17``
    converts the annotations of the 2017 release (``annolist`` JSON) to COCO's
    style, with the 17 keypoints of :class:`PoseTrack18ClipDataset`. Frames
    count from 1 and have eight digits. See :class:`BaseVideoDataset` for the
    arguments.
    """

    METAINFO: dict = mmpose_metainfo('posetrack18', 'posetrack17')
