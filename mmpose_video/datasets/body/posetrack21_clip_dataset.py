"""PoseTrack21 as clips."""
from typing import Optional

from mmpose.registry import DATASETS

from mmpose_video.formats.schema import Record

from ..base_video_dataset import BaseVideoDataset
from ..metainfo import mmpose_metainfo


@DATASETS.register_module()
class PoseTrack21ClipDataset(BaseVideoDataset):
    """PoseTrack21 as clips for video top-down models.

    "PoseTrack21: A Dataset for Person Search, Multi-Object Tracking and
    Multi-Person Pose Tracking", CVPR 2022. The keypoints are those of
    :class:`PoseTrack18ClipDataset`. Annotations carry a ``person_id``, the
    same in all videos, beside the ``track_id`` of one video; samples hold
    both, -1 where there is none. People with a box but no keypoints, whose
    frames have ``has_labeled_person`` but not ``is_labeled``, are left out.
    See :class:`BaseVideoDataset` for the arguments.
    """

    METAINFO: dict = mmpose_metainfo('posetrack18', 'posetrack21')

    def parse_data_info(self, raw_data_info: dict) -> Optional[dict]:
        """Parse one person's annotation, identities included."""
        data_info = super().parse_data_info(raw_data_info)
        if data_info is not None:
            ann = raw_data_info['raw_ann_info']
            record = Record(ann, f'{self.ann_file}, annotation {ann["id"]}')
            for key in ('person_id', 'track_id'):
                data_info[key] = record.integer(key, -1)
        return data_info
