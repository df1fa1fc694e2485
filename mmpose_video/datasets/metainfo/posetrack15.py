"""The 15 joints of PoseTrack's evaluation, in the official order."""
from mmpose_video.formats.keypoints import POSETRACK_JOINTS

from .build import build_metainfo

_LINKS = (
    ('left_ankle', 'left_knee'), ('left_knee', 'left_hip'),
    ('right_ankle', 'right_knee'), ('right_knee', 'right_hip'),
    ('left_hip', 'right_hip'), ('left_shoulder', 'left_hip'),
    ('right_shoulder', 'right_hip'), ('left_shoulder', 'right_shoulder'),
    ('left_shoulder', 'left_elbow'), ('right_shoulder', 'right_elbow'),
    ('left_elbow', 'left_wrist'), ('right_elbow', 'right_wrist'),
    ('nose', 'head_bottom'), ('nose', 'head_top'),
    ('head_bottom', 'left_shoulder'), ('head_bottom', 'right_shoulder'),
)

#: Those of MMPose's PoseTrack18.
_SIGMAS = dict(
    nose=0.026, head_bottom=0.025, head_top=0.025, shoulder=0.079,
    elbow=0.072, wrist=0.062, hip=0.107, knee=0.087, ankle=0.089)

POSETRACK15_METAINFO: dict = build_metainfo(
    'posetrack15', POSETRACK_JOINTS, _LINKS, _SIGMAS,
    dict(
        title='PoseTrack: A Benchmark for Human Pose Estimation and Tracking',
        container='CVPR',
        year='2018',
        homepage='https://posetrack.net'))
