"""PoseTrack18 as clips."""
from mmengine.logging import print_log
from mmpose.registry import DATASETS

from ..base_video_dataset import BaseVideoDataset
from ..label_version import describe_version, label_version
from ..metainfo import mmpose_metainfo


@DATASETS.register_module()
class PoseTrack18ClipDataset(BaseVideoDataset):
    """PoseTrack18 as clips for video top-down models.

    "PoseTrack: A Benchmark for Human Pose Estimation and Tracking", CVPR 2018
    (https://arxiv.org/abs/1710.10000). 17 keypoints in COCO's style; the two
    ears are never labeled:

    0 nose, 1 head_bottom, 2 head_top, 3 left_ear, 4 right_ear,
    5 left_shoulder, 6 right_shoulder, 7 left_elbow, 8 right_elbow,
    9 left_wrist, 10 right_wrist, 11 left_hip, 12 right_hip, 13 left_knee,
    14 right_knee, 15 left_ankle, 16 right_ankle

    The annotation file is one COCO-style JSON per split, with or without the
    unlabeled frames. Two versions of the labels are in use, 0.2 and 0.45.
    Their results must not be compared, so the log names the version. See
    :class:`BaseVideoDataset` for the arguments.
    """

    METAINFO: dict = mmpose_metainfo('posetrack18')

    def inspect_labels(self, labels: dict) -> None:
        """Log the version of the labels."""
        self.label_version = label_version(labels)
        print_log(
            f'{type(self).__name__}: `{self.ann_file}`, '
            f'{describe_version(self.label_version)}',
            logger='current')
