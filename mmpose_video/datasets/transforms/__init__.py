"""Transforms of clips; MMPose's geometric ones take lists of frames."""
from .clip_consistent import ClipConsistent
from .degradations import DegradeResolution, PseudoInfrared
from .hide_outside_keypoints import HideOutsideKeypoints
from .information_drop import InformationDrop
from .load_clip import LoadClip
from .load_reduced_clip import LoadReducedClip
from .pack_clip_inputs import PackClipInputs
from .random_clipped_bbox_transform import RandomClippedBBoxTransform
from .topdown_clip_affine import TopdownClipAffine

__all__ = [
    'ClipConsistent', 'DegradeResolution', 'HideOutsideKeypoints',
    'InformationDrop', 'LoadClip', 'LoadReducedClip', 'PackClipInputs',
    'PseudoInfrared', 'RandomClippedBBoxTransform', 'TopdownClipAffine'
]
