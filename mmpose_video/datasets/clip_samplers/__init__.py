"""Samplers that choose the frames of a clip, one file each."""
from .base_clip_sampler import CLIP_SAMPLERS, BaseClipSampler
from .fixed_offsets import FixedOffsets
from .random_offsets import RandomOffsets
from .random_support import RandomSupport
from .stand_in_warning import warn_of_stand_ins

__all__ = [
    'CLIP_SAMPLERS', 'BaseClipSampler', 'FixedOffsets', 'RandomOffsets',
    'RandomSupport', 'warn_of_stand_ins'
]
