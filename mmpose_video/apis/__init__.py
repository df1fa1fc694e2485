"""Estimate the poses of people in videos."""
from .frame_source import Frame
from .person_boxes import DetectedBoxes, FileBoxes, GivenBoxes
from .source_factory import open_source
from .video_pose_inferencer import VideoPoseInferencer

__all__ = [
    'DetectedBoxes', 'FileBoxes', 'Frame', 'GivenBoxes', 'VideoPoseInferencer',
    'open_source'
]
