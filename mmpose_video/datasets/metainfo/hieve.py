"""HiEve's 14 keypoints."""
from mmpose_video.formats.keypoints import HIEVE_JOINTS

from .build import build_metainfo

#: Limbs to draw. Package default: the benchmark defines none.
_LINKS = (
    ('nose', 'chest'), ('chest', 'right_shoulder'), ('chest', 'left_shoulder'),
    ('right_shoulder', 'right_elbow'), ('right_elbow', 'right_wrist'),
    ('left_shoulder', 'left_elbow'), ('left_elbow', 'left_wrist'),
    ('chest', 'right_hip'), ('chest', 'left_hip'),
    ('right_hip', 'right_knee'), ('right_knee', 'right_ankle'),
    ('left_hip', 'left_knee'), ('left_knee', 'left_ankle'),
)

#: COCO's, for the keypoints that COCO has. The chest has no published value:
#: the shoulders' stands in (package default, not the benchmark's).
_SIGMAS = dict(
    nose=0.026, chest=0.079, shoulder=0.079, elbow=0.072, wrist=0.062,
    hip=0.107, knee=0.087, ankle=0.089)

HIEVE_METAINFO: dict = build_metainfo(
    'hieve', HIEVE_JOINTS, _LINKS, _SIGMAS,
    dict(
        title='Human in Events: A Large-Scale Benchmark for Human-centric '
        'Video Analysis in Complex Events',
        container='arXiv:2005.04490',
        year='2020',
        homepage='http://humaninevents.org'))
