"""Transforms of clips; MMPose's geometric ones take lists of frames."""
from .clip_consistent import ClipConsistent
from .degradations import DegradeResolution, PseudoInfrared
from .information_drop import InformationDrop
from .load_clip import LoadClip
from .load_reduced_clip import LoadReducedClip
from .pack_clip_inputs import PackClipInputs
from .topdown_clip_affine import TopdownClipAffine

__all__ = [
    'ClipConsistent', 'DegradeResolution', 'InformationDrop', 'LoadClip',
    'LoadReducedClip', 'PackClipInputs', 'PseudoInfrared', 'TopdownClipAffine'
]
