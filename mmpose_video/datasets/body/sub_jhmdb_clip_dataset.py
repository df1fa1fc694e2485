"""Sub-JHMDB as clips."""
from typing import Optional

import numpy as np
from mmpose.registry import DATASETS

from ..base_video_dataset import BaseVideoDataset
from ..metainfo import mmpose_metainfo


@DATASETS.register_module()
class SubJhmdbClipDataset(BaseVideoDataset):
    """Sub-JHMDB as clips for video top-down models.

    "Towards understanding action recognition", ICCV 2013. 15 keypoints, all
    frames annotated, one person each, three splits with a training and a
    test part:

    0 neck, 1 belly, 2 head, 3 right_shoulder, 4 left_shoulder, 5 right_hip,
    6 left_hip, 7 right_elbow, 8 left_elbow, 9 right_knee, 10 left_knee,
    11 right_wrist, 12 left_wrist, 13 right_ankle, 14 left_ankle

    Annotation files are those of MMPose's ``JhmdbDataset`` or of
    ``mmpose-video convert jhmdb``. Their keypoints and boxes count pixels
    from 1, as in the original files; samples count from 0, as do detected
    boxes (``bbox_file``). See :class:`BaseVideoDataset` for the arguments.
    """

    METAINFO: dict = mmpose_metainfo('jhmdb')

    def parse_data_info(self, raw_data_info: dict) -> Optional[dict]:
        """Parse one annotation and convert its pixels to count from 0."""
        ann = dict(raw_data_info['raw_ann_info'])
        box = ann.get('bbox')
        if box is not None and len(box) == 4:
            ann['bbox'] = [box[0] - 1, box[1] - 1, box[2], box[3]]
        values = np.asarray(ann.get('keypoints') or (), dtype=np.float64)
        if values.size % 3 == 0 and values.any():
            points = values.reshape(-1, 3)
            points[:, :2] -= 1
            ann['keypoints'] = points.ravel().tolist()
        return super().parse_data_info({**raw_data_info, 'raw_ann_info': ann})
