"""Datasets, transforms and samplers, registered into MMPose's registries."""
from .base_video_dataset import BaseVideoDataset
from .body import *  # noqa: F401,F403
from .loading.collate import collate_clips
from .samplers import *  # noqa: F401,F403
from .transforms import *  # noqa: F401,F403

__all__ = ['BaseVideoDataset', 'collate_clips']
