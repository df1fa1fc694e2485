"""Estimate the poses of people in videos."""
from .clip_window import ClipWindow
from .detected_boxes import DetectedBoxes
from .file_boxes import FileBoxes
from .frame_source import Frame
from .options import DrawingOptions, OutputOptions, StreamOptions
from .person_boxes import BoxSource, GivenBoxes, WholeImage
from .result_files import ResultFiles
from .source_factory import open_source
from .video_pose_inferencer import VideoPoseInferencer

__all__ = [
    'BoxSource', 'ClipWindow', 'DetectedBoxes', 'DrawingOptions',
    'FileBoxes', 'Frame', 'GivenBoxes', 'OutputOptions', 'ResultFiles',
    'StreamOptions', 'VideoPoseInferencer', 'WholeImage', 'open_source'
]
