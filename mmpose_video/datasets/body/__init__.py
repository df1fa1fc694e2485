"""Datasets of human bodies, one file each."""
from .hieve_clip_dataset import HiEveClipDataset
from .posetrack17_clip_dataset import PoseTrack17ClipDataset
from .posetrack18_clip_dataset import PoseTrack18ClipDataset
from .posetrack21_clip_dataset import PoseTrack21ClipDataset
from .sub_jhmdb_clip_dataset import SubJhmdbClipDataset

__all__ = [
    'HiEveClipDataset', 'PoseTrack17ClipDataset', 'PoseTrack18ClipDataset',
    'PoseTrack21ClipDataset', 'SubJhmdbClipDataset'
]
