"""PoseTrack2021, clips around labelled frames."""
from mmpose.registry import DATASETS

from ..base_video_dataset import BaseVideoDataset
from ..metainfo import host_metainfo


@DATASETS.register_module()
class PoseTrack21ClipDataset(BaseVideoDataset):
    """PoseTrack21 as clips for video top-down models.

    "PoseTrack21: A Dataset for Person Search, Multi-Object Tracking and
    Multi-Person Pose Tracking", CVPR 2022. The key points are those of
    :class:`PoseTrack18ClipDataset`; annotations carry a ``person_id`` beside
    the ``track_id``. See :class:`BaseVideoDataset` for the arguments.
    """

    METAINFO: dict = host_metainfo('posetrack18', 'posetrack21')
