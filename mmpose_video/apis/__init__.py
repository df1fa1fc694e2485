"""From a video to poses."""
from .frame_source import Frame, open_source
from .person_boxes import DetectedBoxes, FileBoxes, GivenBoxes
from .video_pose_inferencer import VideoPoseInferencer

__all__ = [
    'DetectedBoxes', 'FileBoxes', 'Frame', 'GivenBoxes', 'VideoPoseInferencer',
    'open_source'
]
