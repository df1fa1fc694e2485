"""File formats of results: one class for each, read and written."""
from .base_format import ResultFormat
from .coco_results import CocoResults
from .csv_table import CsvTable
from .deeplabcut import DeepLabCutTable
from .mmpose_json import MMPoseJson
from .nwb import NwbFile
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo
from .posetrack_json import PoseTrackJson
from .registry import (
    RESULT_FORMATS,
    find_format,
    read_results,
    write_results,
)
from .sleap_slp import SleapFile
from .trc import TrcMarkers
from .yolo_labels import YoloLabels

__all__ = [
    'RESULT_FORMATS', 'CocoResults', 'CsvTable', 'DeepLabCutTable',
    'FrameResult', 'MMPoseJson', 'NwbFile', 'PersonResult', 'PoseResults',
    'PoseTrackJson', 'ResultFormat', 'RunInfo', 'SleapFile', 'TrcMarkers',
    'YoloLabels', 'find_format', 'read_results', 'write_results'
]
