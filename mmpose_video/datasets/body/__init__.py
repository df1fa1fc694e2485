"""Data sets of human bodies, one file each."""
from .posetrack18_clip_dataset import PoseTrack18ClipDataset

__all__ = ['PoseTrack18ClipDataset']
