"""Human in Events (HiEve) as clips."""
from mmpose.registry import DATASETS

from ..base_video_dataset import BaseVideoDataset
from ..metainfo import HIEVE_METAINFO


@DATASETS.register_module()
class HiEveClipDataset(BaseVideoDataset):
    """Human in Events as clips for video top-down models.

    "Human in Events: A Large-Scale Benchmark for Human-centric Video Analysis
    in Complex Events" (https://arxiv.org/abs/2005.04490). 14 keypoints:

    0 nose, 1 chest, 2 right_shoulder, 3 right_elbow, 4 right_wrist,
    5 left_shoulder, 6 left_elbow, 7 left_wrist, 8 right_hip, 9 right_knee,
    10 right_ankle, 11 left_hip, 12 left_knee, 13 left_ankle

    Annotation files come from ``mmpose-video convert hieve``, which turns the
    benchmark's flags (0 visible, 1 invisible, -1 not annotated) into COCO's
    (2, 1, 0). The test labels of the benchmark are not public, so hold out
    some of the training videos. See :class:`BaseVideoDataset` for the
    arguments.
    """

    METAINFO: dict = HIEVE_METAINFO
