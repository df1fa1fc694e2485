"""Estimate the poses of people in videos."""
from .detected_boxes import DetectedBoxes
from .file_boxes import FileBoxes
from .frame_source import Frame
from .options import DrawingOptions, OutputOptions, StreamOptions
from .person_boxes import BoxSource, GivenBoxes, WholeImage
from .source_factory import open_source
from .video_pose_inferencer import VideoPoseInferencer

__all__ = [
    'BoxSource', 'DetectedBoxes', 'DrawingOptions', 'FileBoxes', 'Frame',
    'GivenBoxes', 'OutputOptions', 'StreamOptions', 'VideoPoseInferencer',
    'WholeImage', 'open_source'
]
