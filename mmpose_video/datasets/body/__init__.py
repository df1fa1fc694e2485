"""Data sets of human bodies, one file each."""
from .posetrack17_clip_dataset import PoseTrack17ClipDataset
from .posetrack18_clip_dataset import PoseTrack18ClipDataset
from .posetrack21_clip_dataset import PoseTrack21ClipDataset

__all__ = [
    'PoseTrack17ClipDataset', 'PoseTrack18ClipDataset',
    'PoseTrack21ClipDataset'
]
